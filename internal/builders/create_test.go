//go:build unix

package builders_test

import (
	"bytes"
	"errors"
	"os"
	"slices"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/builders"
	"github.com/docker-ghacache/docker-ghacache/internal/process"
)

func TestCreate(t *testing.T) {
	// create returns the buildx commands that were run, each ending with code.
	create := func(t *testing.T, driver, code string, opts ...string) (commands [][]string, stderr string, err error) {
		t.Helper()
		cli := newCLI(t)
		if driver != "" {
			save(t, cli, "ghacache", driver, "unix:///nonexistent")
		}
		var errOut bytes.Buffer
		err = builders.Create(t.Context(), cli, func(args ...string) process.Command {
			commands = append(commands, args)
			return process.Command{Path: os.Args[0], Args: []string{"exit", code}, Env: append(os.Environ(), roleVar+"=child")}
		}, &errOut, "ghacache", opts...)
		return commands, errOut.String(), err
	}
	equal := func(t *testing.T, got [][]string, want ...string) {
		t.Helper()
		if len(got) != 1 || !slices.Equal(got[0], want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	t.Run("makes and boots one", func(t *testing.T) {
		got, stderr, err := create(t, "", "0", "network=host")
		if err != nil || stderr != "exiting\n" {
			t.Errorf("got %v, stderr %q", err, stderr)
		}
		equal(t, got, "create", "--bootstrap", "--name", "ghacache", "--driver", "docker-container", "--driver-opt", "network=host")
	})
	t.Run("boots the one that exists", func(t *testing.T) {
		got, _, err := create(t, "docker-container", "0")
		if err != nil {
			t.Error(err)
		}
		equal(t, got, "inspect", "--bootstrap", "ghacache")
	})
	t.Run("leaves one with another driver alone", func(t *testing.T) {
		got, _, err := create(t, "remote", "0")
		expectHint(t, err, `builder "ghacache" exists with the remote driver`, "docker buildx rm ghacache")
		if got != nil {
			t.Errorf("ran %q", got)
		}
	})
	t.Run("keeps buildx's exit code", func(t *testing.T) {
		_, _, err := create(t, "", "102")
		if exit, ok := errors.AsType[*process.ExitError](err); !ok || exit.Code != 102 {
			t.Errorf("got %v", err)
		}
	})
}
