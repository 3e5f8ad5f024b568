package plugin

import (
	"context"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/actions"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
	"github.com/docker/cli/cli/command"
	cliflags "github.com/docker/cli/cli/flags"
	"github.com/spf13/pflag"
)

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
	Standalone bool     // started as docker-ghacache, not by the docker CLI

	listingAPI string // where BuildKit lists caches
}

// notes writes to standard error, as annotations where a runner reads it.
func (e *Env) notes() ui.Notes {
	return ui.Notes{
		W:        e.Stderr,
		Colour:   e.Docker.Err().IsTerminal() && e.wantsColour(),
		Annotate: e.runtime().Job && !e.Docker.Err().IsTerminal(),
	}
}

// wantsColour follows https://no-color.org.
func (e *Env) wantsColour() bool {
	plain, _ := e.Lookup("NO_COLOR")
	term, _ := e.Lookup("TERM")
	return plain == "" && term != "dumb"
}

// builder is the builder that was asked for; empty means the current one.
// buildx reads its variable as the default of its flag, so that --builder=
// chooses the current one whatever the variable says.
func (e *Env) builder(flag string, given bool) string {
	if given {
		return flag
	}
	variable, _ := e.Lookup("BUILDX_BUILDER")
	return variable
}

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

func (e *Env) runtime() actions.Runtime { return actions.FromEnv(e.Lookup) }

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
	env := &Env{Docker: docker, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Lookup: os.LookupEnv, Environ: os.Environ, Now: time.Now, Standalone: standalone, listingAPI: buildkitAPI}
	if !standalone {
		env.Globals = globalFlags(os.Args[1:])
	}
	return env
}

// setenv puts a variable into environ, in the place of any of the same name.
func setenv(environ []string, name, value string) []string {
	environ = slices.DeleteFunc(environ, func(pair string) bool { return strings.HasPrefix(pair, name+"=") })
	return append(environ, name+"="+value)
}
