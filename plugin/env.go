package plugin

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/actions"
	"github.com/docker-ghacache/docker-ghacache/internal/builders"
	"github.com/docker-ghacache/docker-ghacache/internal/buildrun"
	"github.com/docker-ghacache/docker-ghacache/internal/listing"
	"github.com/docker-ghacache/docker-ghacache/internal/secret"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
	"github.com/docker/cli/cli-plugins/metadata"
	"github.com/docker/cli/cli/command"
	cliflags "github.com/docker/cli/cli/flags"
	"github.com/docker/cli/cli/streams"
	"github.com/spf13/pflag"
)

// name is the plugin's, as docker knows it.
const name = "ghacache"

const userAgent = metadata.NamePrefix + name

// Env is what the commands take from the world around them.
type Env struct {
	Docker  command.Cli // configuration, and what is known of the streams
	Stdin   io.Reader   // these three are files where the program was started by hand
	Stdout  io.Writer
	Stderr  io.Writer
	Lookup  actions.Lookup
	Environ func() []string
	Now     func() time.Time

	Globals    []string // docker's global flags as they were given, before the plugin's name
	Standalone bool     // started as docker-ghacache or gh-ghacache, not by the docker CLI
	Extension  bool     // started as gh-ghacache, by GitHub's command line
}

// notes writes to standard error, as annotations where a runner reads it.
func (e *Env) notes() ui.Notes {
	return ui.Notes{
		W:        e.Stderr,
		Colour:   e.Docker.Err().IsTerminal() && e.wantsColour(),
		Annotate: e.job().Runner && !e.Docker.Err().IsTerminal(),
	}
}

// output is standard output.
func (e *Env) output() ui.Output { return e.outputTo(e.Stdout, e.Docker.Out()) }

func (e *Env) outputTo(w io.Writer, stream *streams.Out) ui.Output {
	out := ui.Output{Writer: w, Terminal: stream.IsTerminal()}
	if out.Terminal {
		out.Style = ui.Style{Now: e.Now(), Short: true}
	}
	_, width := stream.GetTtySize()
	out.Width = int(width)
	return out
}

// console is all of the standard streams.
func (e *Env) console() ui.Console {
	return ui.Console{
		Stdin: e.Stdin, Asks: e.Docker.In().IsTerminal(),
		Stdout: e.output(), Stderr: e.outputTo(e.Stderr, e.Docker.Err()), Notes: e.notes(),
	}
}

// secrets are where tokens can come from.
func (e *Env) secrets() secret.Sources {
	return secret.Sources{Lookup: e.Lookup, ReadStdin: e.readStdin}
}

// summaryFile is where a job's summary goes, empty unless it is wanted.
func (e *Env) summaryFile(wanted bool) (string, error) {
	file := e.job().SummaryFile
	if !wanted {
		return "", nil
	}
	if file == "" {
		return "", usage(errors.New("there is no $GITHUB_STEP_SUMMARY to write to"), "run it in a job, or without --summary")
	}
	return file, nil
}

// wantsColour follows https://no-color.org.
func (e *Env) wantsColour() bool {
	plain, _ := e.Lookup("NO_COLOR")
	term, _ := e.Lookup("TERM")
	return plain == "" && term != "dumb"
}

// builder is the builder that was asked for; empty means the current one.
func (e *Env) builder(flag string, given bool) string { return builders.Chosen(e.Lookup, flag, given) }

// readStdin reads all of standard input, unless ctx ends before.
func (e *Env) readStdin(ctx context.Context) ([]byte, error) {
	type input struct {
		data []byte
		err  error
	}
	read := make(chan input, 1)
	go func() {
		data, err := io.ReadAll(e.Stdin)
		read <- input{data, err}
	}()
	select {
	case in := <-read:
		return in.data, in.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// buildRun is what a run of buildx takes of it.
func (e *Env) buildRun() *buildrun.Env {
	return &buildrun.Env{
		Docker: e.Docker, Stdin: e.Stdin, Stdout: e.Stdout, Stderr: e.Stderr, ReadStdin: e.readStdin, Notes: e.notes(),
		Lookup: e.Lookup, Environ: e.Environ, Now: e.Now, UserAgent: userAgent, Globals: e.Globals, Standalone: e.Standalone,
	}
}

func (e *Env) job() actions.Job { return actions.FromEnv(e.Lookup) }

// openRepository finds the repository, its API and the tokens.
func openRepository(env *Env, repo string) (*listing.Repository, error) {
	doing := env.console().Doing()
	say := func(level ui.Level, text, fix string) {
		if doing != nil {
			doing("") // or the note would follow it on its line
		}
		env.notes().Note(level, text, fix)
	}
	return listing.Open(repo, listing.Options{
		Job: env.job(), Lookup: env.Lookup, Now: env.Now, UserAgent: userAgent, Say: say, Doing: doing,
	})
}

// openSnapshot opens a repository for a command that shows what it holds.
func openSnapshot(ctx context.Context, env *Env, repo string) (*listing.Repository, *listing.Snapshot, error) {
	r, err := openRepository(env, repo)
	if err != nil {
		return nil, nil, err
	}
	s, err := r.Snapshot(ctx)
	return r, s, err
}

// globalFlags are the words before the plugin's name: docker's own flags with
// their values. docker has parsed them before, so they are well formed.
func globalFlags(args []string) []string {
	flags := pflag.NewFlagSet("docker", pflag.ContinueOnError)
	flags.SetInterspersed(false)
	flags.SetOutput(io.Discard)
	cliflags.NewClientOptions().InstallFlags(flags)
	if err := flags.Parse(args); err != nil {
		return nil
	}
	return args[:len(args)-flags.NArg()]
}

func osEnv(docker command.Cli, standalone bool) *Env {
	env := &Env{Docker: docker, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Lookup: os.LookupEnv, Environ: os.Environ, Now: time.Now, Standalone: standalone}
	if !standalone {
		env.Globals = globalFlags(os.Args[1:])
	}
	return env
}
