package plugin

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/docker-ghacache/docker-ghacache/cacheopts"
	"github.com/docker-ghacache/docker-ghacache/internal/builders"
	"github.com/docker-ghacache/docker-ghacache/internal/diagnose"
)

// A failedCommand is the command that docker asks about. docker passes on neither the build's error nor the values of
// flags, so the command line is that of docker itself, which started this process.
type failedCommand struct {
	args  []cacheopts.Arg // of buildx; nil where nothing tells
	began time.Time       // zero where nothing tells
}

// readCommand reads docker's own command line: any global flags, then the command.
func readCommand(words []string, began time.Time) failedCommand {
	if len(words) == 0 {
		return failedCommand{}
	}
	command := words[1+len(globalFlags(words[1:])):]
	return failedCommand{cacheopts.ScanBuild(command), began}
}

// flag is the last value of a flag.
func (c failedCommand) flag(name string) (value string, given bool) {
	for _, arg := range c.args {
		if arg.Name == name && arg.HasValue {
			value, given = arg.Value, true
		}
	}
	return value, given
}

// cause explains the failure by BuildKit's history. A build that is not there failed before it began: then only what
// buildx or BuildKit refuse for a gha cache can be told.
func (c failedCommand) cause(ctx context.Context, env *Env) (diagnose.Finding, bool) {
	name := env.builder(c.flag("builder"))
	message := c.recorded(ctx, env, name)
	if message == "" {
		message = c.refusal(ctx, env, name)
	}
	if message == "" {
		return diagnose.Finding{}, false
	}
	return diagnose.ExplainError(message)
}

// recorded is the error of the build in BuildKit's history; empty for none.
func (c failedCommand) recorded(ctx context.Context, env *Env, builderName string) string {
	if c.began.IsZero() {
		return builders.LastFailure(ctx, env.Docker, builderName, env.Now())
	}
	return builders.Failure(ctx, env.Docker, builderName, c.began)
}

// refusal is the error with which the command cannot have been spared, in the order in which buildx and BuildKit look;
// empty for none.
func (c failedCommand) refusal(ctx context.Context, env *Env, builderName string) string {
	requests, quoted := c.requests()
	if len(requests) == 0 && quoted == "" {
		return ""
	}
	builder, err := builders.Resolve(ctx, env.Docker, builderName)
	switch {
	case err != nil && strings.HasSuffix(err.Error(), "not found"):
		return fmt.Sprintf("no builder %q found", builderName)
	case err != nil:
		return ""
	}
	return cmp.Or(cannotExport(builder, requests), quoted, expired(env, requests))
}

// requests are the gha entries of the command. For an entry whose type buildx does not find, because quotes hide it,
// quoted is what BuildKit says of it.
func (c failedCommand) requests() (requests []cacheopts.Request, quoted string) {
	almostGHA := regexp.MustCompile(`(?i)\bgha\b`)
	for _, arg := range c.args {
		entries, err := cacheopts.Parse(arg.Value)
		if arg.Side() == 0 || err != nil || len(entries) != 1 {
			continue
		}
		switch entry := entries[0]; {
		case entry.GHA():
			requests = append(requests, cacheopts.Request{Side: arg.Side(), Entry: entry})
		case entry.Type != "registry" && almostGHA.MatchString(entry.Type):
			quoted = cmp.Or(quoted, fmt.Sprintf("unknown cache exporter: %q", entry.Type))
		}
	}
	return requests, quoted
}

// cannotExport is buildx's refusal of a cache that the docker driver cannot export.
func cannotExport(b *builders.Builder, requests []cacheopts.Request) string {
	exports := slices.ContainsFunc(requests, func(r cacheopts.Request) bool { return r.Side == cacheopts.To })
	if !exports || b.Driver != "docker" || slices.ContainsFunc(b.Nodes, func(n builders.Node) bool { return n.Err != nil || n.Engine.ContainerdStore }) {
		return ""
	}
	return "Cache export is not supported for the docker driver."
}

// expired is BuildKit's refusal of a token.
func expired(env *Env, requests []cacheopts.Request) string {
	result := cacheopts.Complete(requests, env.job().CacheRuntime(env.Now()), cacheopts.Options{})
	for _, note := range result.Notes {
		if note.Code == cacheopts.CodeExpiredToken {
			return "failed to configure gha cache exporter: cache token expired at " + strings.Join(note.Values, " ")
		}
	}
	return ""
}
