package buildrun

import (
	"context"
	"fmt"
	"io"

	"github.com/docker-ghacache/docker-ghacache/cacheopts"
	"github.com/docker-ghacache/docker-ghacache/internal/builders"
	"github.com/docker-ghacache/docker-ghacache/internal/buildrun/relaying"
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker-ghacache/docker-ghacache/internal/view"
)

// relayState is what became of --gha-relay in an invocation.
type relayState struct {
	running *relaying.Running // nil: BuildKit uses the service itself
	use     *relayUse         // nil: nothing was to be relayed
	did     string            // what the relay did in the build, in one line
}

// relayUse says whether a build uses a relay. Its JSON is part of --gha-dry-run=json.
type relayUse struct {
	Mode   string `json:"mode"`             // auto or require
	Host   string `json:"host,omitempty"`   // by which the builder reaches the relay; empty: none is used
	Reason string `json:"reason,omitempty"` // why none is used
}

// throughRelay puts a relay between BuildKit and the cache service where --gha-relay asks for
// one. Where none is possible, the entries stay as they are, or the build is refused.
func (inv *invocation) throughRelay(ctx context.Context, b *builders.Builder, requests []cacheopts.Request, entries []cacheopts.Completed) error {
	if inv.own.relay == relaying.Off || !relaying.Possible(entries) {
		return nil
	}
	inv.relay.use = &relayUse{Mode: inv.own.relay.String()}
	running, err := inv.relayFor(b).Open(ctx, requests, entries)
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil:
		inv.relay.use.Reason = err.Error()
		return inv.withoutRelay(err)
	}
	inv.relay.running, inv.relay.use.Host = running, running.Host()
	if inv.own.dryRun != "" {
		inv.debug(fmt.Sprintf("BuildKit would use the cache service through a relay at %s", running.Host()))
		return nil // and the command is shown without it: the relay ends before anybody could run that
	}
	inv.debug(fmt.Sprintf("BuildKit uses the cache service through a relay at %s", running.Address()))
	inv.situation.Relayed = true
	running.Carry(requests, entries, inv.vars)
	return nil
}

// withoutRelay goes on, or refuses to.
func (inv *invocation) withoutRelay(why error) error {
	if inv.own.relay != relaying.Require {
		inv.debug(fmt.Sprintf("BuildKit uses the cache service without a relay: %v", why))
		return nil
	}
	fix := "--gha-relay=auto   # builds without it"
	if own := hint.Of(why); own != "" {
		fix = own + "\n" + fix
	}
	inv.note(cacheopts.Note{Level: cacheopts.LevelError, Text: fmt.Sprintf("--gha-relay=require: no relay is possible: %v", why), Hint: fix})
	return inv.refuse(errRefused)
}

func (inv *invocation) relayFor(b *builders.Builder) relaying.Build {
	return relaying.Build{
		Mode: inv.own.relay, Address: inv.own.relayAddress, Builder: b, DryRun: inv.own.dryRun != "",
		Token: inv.vars[relaying.TokenVariable], UserAgent: inv.env.UserAgent,
		Docker: inv.env.Docker, Buildx: inv.otherCommand, Stderr: inv.env.Stderr, Now: inv.env.Now, Log: inv.debugLog(),
	}
}

// endRelay ends the relay of a build that is over, or was not run.
func (inv *invocation) endRelay() {
	running := inv.relay.running
	if running == nil {
		return
	}
	inv.relay.running = nil
	if err := running.End(); err != nil {
		inv.debug(fmt.Sprintf("the relay ended before it was done: %v", err))
	}
}

// afterRelay ends the relay of a build that was run, and tells what it did.
func (inv *invocation) afterRelay(succeeded bool) {
	running := inv.relay.running
	if running == nil {
		return
	}
	inv.endRelay()
	if !succeeded {
		running.Forget()
		return
	}
	inv.relay.did = view.Relayed(running.Stats())
	if inv.relay.did != "" && inv.wantsSummary() && (inv.own.summary == summaryOn || !inv.silent()) {
		fmt.Fprintln(inv.env.Stderr, "relay: "+inv.relay.did)
	}
}

// debug says what only --debug asks for.
func (inv *invocation) debug(text string) {
	if inv.debugs() {
		inv.note(cacheopts.Note{Level: cacheopts.LevelInfo, Text: text})
	}
}

// debugs reports whether --debug was given: to buildx, or to docker, which keeps it in a variable.
func (inv *invocation) debugs() bool {
	variable, _ := inv.env.Lookup("DEBUG")
	return variable != "" || lastOn(inv.args, "debug")
}

func (inv *invocation) debugLog() io.Writer {
	if inv.debugs() && inv.own.dryRun == "" {
		return inv.env.Stderr
	}
	return nil
}
