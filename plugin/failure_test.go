package plugin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/buildrun"
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker-ghacache/docker-ghacache/internal/process"
	"github.com/docker/cli/cli/command"
)

func TestExitCodes(t *testing.T) {
	boom := errors.New("boom")
	buildx := &process.ExitError{Path: "docker-buildx", Code: 17}
	tests := []struct {
		name string
		err  error
		code int
		said bool // by this function
	}{
		{"nothing", nil, 0, false},
		{"an error", boom, 1, true},
		{"a mistake in the command line", fmt.Errorf("reading: %w", hint.Usage(boom, "")), usageError, true},
		{"an interrupt", fmt.Errorf("listing: %w", context.Canceled), 130, true},
		{"an exit code", exit(3), 3, false},
		{"buildx failed and said why", passOn(buildrun.Said{Err: buildx}), 17, false},
		{"another program failed, which explains nothing", passOn(fmt.Errorf("creating a builder: %w", buildx)), 1, true},
		{"a run said why", passOn(buildrun.Said{Err: boom}), 1, false},
		{"a run said what is wrong with the command line", passOn(buildrun.Said{Err: hint.Usage(boom, "")}), usageError, false},
		{"a run said that it was interrupted", passOn(buildrun.Said{Err: context.Canceled}), 130, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var stderr locked
			docker, err := command.NewDockerCli(command.WithErrorStream(&stderr), command.WithOutputStream(io.Discard))
			check(t, err)
			env := &Env{Docker: docker, Stderr: &stderr, Lookup: func(string) (string, bool) { return "", false }}
			if code := exitCode(env, tt.err); code != tt.code || (stderr.String() != "") != tt.said {
				t.Errorf("exit %d, and it says %q", code, stderr.String())
			}
		})
	}
}
