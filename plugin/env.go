package plugin

import (
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/actions"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
	"github.com/docker/cli/cli/command"
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

// notes writes to standard error, as annotations too when a runner reads it.
func (e *Env) notes() ui.Notes {
	_, plain := e.Lookup("NO_COLOR")
	return ui.Notes{
		W:        e.Stderr,
		Colour:   e.Docker.Err().IsTerminal() && !plain,
		Annotate: e.runtime().Job,
	}
}

func (e *Env) runtime() actions.Runtime { return actions.FromEnv(e.Lookup) }

// globalFlags are the words between the program's name and the plugin's.
func globalFlags(args []string, name string) []string {
	for i, word := range args {
		if word == name {
			return args[:i]
		}
	}
	return nil
}

func osEnv(docker command.Cli, standalone bool) *Env {
	env := &Env{Docker: docker, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Lookup: os.LookupEnv, Environ: os.Environ, Now: time.Now, Standalone: standalone, listingAPI: buildkitAPI}
	if !standalone {
		env.Globals = globalFlags(os.Args[1:], name)
	}
	return env
}

// setenv puts a variable into environ, in the place of any of the same name.
func setenv(environ []string, name, value string) []string {
	environ = slices.DeleteFunc(environ, func(pair string) bool { return strings.HasPrefix(pair, name+"=") })
	return append(environ, name+"="+value)
}
