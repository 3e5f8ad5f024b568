package buildrun

import (
	"context"
	"io"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/actions"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
	"github.com/docker/cli/cli/command"
)

// Env is what a run takes from the program around it.
type Env struct {
	Docker    command.Cli // configuration, and what is known of the streams
	Stdin     io.Reader   // these three are files where the program was started by hand
	Stdout    io.Writer
	Stderr    io.Writer
	ReadStdin func(context.Context) ([]byte, error) // all of standard input
	Notes     ui.Notes
	Lookup    actions.Lookup
	Environ   func() []string
	Now       func() time.Time
	UserAgent string // of requests to GitHub

	Globals    []string // docker's global flags as they were given
	Standalone bool     // started as docker-ghacache, not by the docker CLI
	listingAPI string   // where BuildKit lists caches; empty: buildkitAPI
}

func (e *Env) job() actions.Job { return actions.FromEnv(e.Lookup) }

// Said is an error of which the user has been told: by a note, by the output of a dry
// run, or by buildx, whose exit code then is that of a [process.ExitError].
type Said struct{ Err error }

// Error implements error.
func (s Said) Error() string { return s.Err.Error() }

// Unwrap returns what was said.
func (s Said) Unwrap() error { return s.Err }
