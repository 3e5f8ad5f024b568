package buildrun

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"time"

	"github.com/docker-ghacache/docker-ghacache/cacheopts"
	"github.com/docker-ghacache/docker-ghacache/internal/builders"
	"github.com/docker-ghacache/docker-ghacache/internal/buildrun/cleaning"
	"github.com/docker-ghacache/docker-ghacache/internal/buildrun/mounting"
	"github.com/docker-ghacache/docker-ghacache/internal/diagnose"
	"github.com/docker-ghacache/docker-ghacache/internal/listing"
	"github.com/docker-ghacache/docker-ghacache/internal/process"
)

// invocation is one run of buildx on its way.
type invocation struct {
	env   *Env
	verb  string
	own   ghaOptions
	args  []cacheopts.Arg // after the verb, without the own options
	stdin []byte          // what was read of standard input, nil when nothing was

	call        func(where string) string   // what is asked for in place of building a target
	platforms   func(where string) []string // that a target is built for; none: the default
	mountBuilds func() []mounting.Build     // whose cache mounts matter; nil: nothing is built
	caches      bool                        // an entry is passed on
	buildx      builders.Buildx             // zero until it was looked for
	resolved    chan resolved               // takes the builder once; nil: nobody looks for it
	builder     string                      // what it is going to build on, once that was resolved
	override    []string                    // words that go before args
	situation   diagnose.Situation
	vars        map[string]string // what to set in buildx's environment; the values are secret
	notes       []note
	repo        *listing.Repository // of the job; nil until it was needed
	oldestOther func() time.Time    // when the oldest other build started that is under way
	exported    cleaning.Exports    // what the build is going to write
	quiet       bool                // nobody has asked for what is said after the build
	locals      cleaning.Folders    // caches of type=local
	relay       relayState          // between BuildKit and the cache service
	unwritten   []string            // why the write policy leaves --cache-to out, by ref; empty: it does not
}

func (inv *invocation) findBuildx() (builders.Buildx, error) {
	if inv.buildx != (builders.Buildx{}) {
		return inv.buildx, nil
	}
	buildx, err := builders.FindBuildx(inv.env.Docker)
	inv.buildx = buildx
	return buildx, err
}

// input is what buildx gets as standard input.
func (inv *invocation) input() io.Reader {
	if inv.stdin != nil {
		return bytes.NewReader(inv.stdin)
	}
	return inv.env.Stdin
}

// words are the verb and its arguments.
func (inv *invocation) words() []string {
	return slices.Concat([]string{inv.verb}, inv.override, cacheopts.Words(inv.args))
}

// passThrough runs a buildx command that is none of this program's business.
func (inv *invocation) passThrough(ctx context.Context) error {
	if _, err := inv.findBuildx(); err != nil {
		return err
	}
	if inv.own.dryRun != "" {
		return inv.show()
	}
	inv.locals = inv.locals.Enter(ctx, inv.own.localClean)
	defer inv.locals.Leave()
	command := inv.command()
	var scanner *diagnose.Scanner
	if len(inv.locals) > 0 {
		scanner = inv.watch(&command)
	}
	code, err := inv.runWithMounts(ctx, command)
	if err != nil {
		return err
	}
	switch {
	case code == 0:
		inv.cleanLocals(ctx)
	case scanner != nil && ctx.Err() == nil:
		if finding, known := scanner.Failure(); known && finding.Cause.ID == diagnose.LocalLayerMissing {
			inv.explain(finding)
		}
	}
	return inv.exit(code)
}

// watch has a scanner read what buildx says. On a terminal there is none: buildx would not redraw its output there.
func (inv *invocation) watch(command *process.Command) *diagnose.Scanner {
	if inv.env.Docker.Err().IsTerminal() {
		return nil
	}
	scanner := diagnose.NewScanner()
	command.Stderr = io.MultiWriter(scanner, lenient{inv.env.Stderr})
	if sameFile(inv.env.Stdout, inv.env.Stderr) {
		command.Stdout = command.Stderr // one pipe keeps the order of what is written to both
	}
	return scanner
}

// command is buildx in the completed form, with the credentials in its
// environment, where not everybody on the machine can read them.
func (inv *invocation) command() process.Command {
	environ := inv.env.Environ()
	for name, value := range inv.vars {
		environ = process.Setenv(environ, name, value)
	}
	c := inv.buildx.Command(environ, inv.env.Globals, inv.words()...)
	c.Stdin, c.Stdout, c.Stderr = inv.input(), inv.env.Stdout, inv.env.Stderr
	return c
}

// otherCommand is another command of buildx than the one that was asked for.
func (inv *invocation) otherCommand(args ...string) process.Command {
	return inv.buildx.Command(inv.env.Environ(), inv.env.Globals, args...)
}

// run runs buildx and, when it fails for a known cause, says what to do.
func (inv *invocation) run(ctx context.Context) error {
	if inv.own.dryRun != "" || !inv.caches {
		return inv.passThrough(ctx)
	}
	start := inv.env.Now()
	if len(inv.exported.Scopes) > 0 {
		var leave func()
		inv.oldestOther, leave = cleaning.Enter(start)
		defer leave()
	}
	inv.locals = inv.locals.Enter(ctx, inv.own.localClean)
	defer inv.locals.Leave()
	command := inv.command()
	scanner := inv.watch(&command)
	code, err := inv.runWithMounts(ctx, command)
	inv.afterRelay(err == nil && code == 0)
	if err != nil {
		return err
	}
	if code == 0 {
		inv.cleanLocals(ctx)
		inv.after(ctx, start)
	}
	if code == 0 || ctx.Err() != nil {
		return inv.exit(code)
	}
	var finding diagnose.Finding
	var known bool
	if scanner != nil {
		finding, known = scanner.Failure()
	} else {
		finding, known = diagnose.ExplainError(builders.Failure(ctx, inv.env.Docker, inv.builder, start))
	}
	if known {
		inv.explain(finding)
	}
	return inv.exit(code)
}

// lenient loses what cannot be written, as on a full disk: a build does not end
// for the sake of its log. Only a reader that has gone away ends it, as it would
// end buildx.
type lenient struct{ io.Writer }

func (l lenient) Write(p []byte) (int, error) {
	if n, err := l.Writer.Write(p); brokenPipe(err) {
		return n, err
	}
	return len(p), nil
}

// sameFile says that both writers end in one file, as after 2>&1.
func sameFile(a, b io.Writer) bool {
	x, ok := a.(*os.File)
	if !ok {
		return false
	}
	y, ok := b.(*os.File)
	if !ok {
		return false
	}
	xi, xerr := x.Stat()
	yi, yerr := y.Stat()
	return xerr == nil && yerr == nil && os.SameFile(xi, yi)
}

// errRefused ends an invocation whose notes say why.
var errRefused = errors.New("the build was refused")

// exit passes on the exit code of buildx, which has said itself what is wrong.
func (inv *invocation) exit(code int) error {
	if code == 0 {
		return nil
	}
	return Said{&process.ExitError{Path: inv.buildx.Path, Code: code}}
}
