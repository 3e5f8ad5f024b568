package builders

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker-ghacache/docker-ghacache/internal/process"
	"github.com/docker/buildx/store/storeutil"
	"github.com/docker/cli/cli/command"
)

// Create makes a docker-container builder of that name and boots it; one that
// exists is only booted. Another driver under that name is an error. It does not
// become the current builder. The run function gives it buildx commands:
// [Buildx.Command], bound to an environment and global flags. Buildx's progress
// goes to stderr.
func Create(ctx context.Context, dockerCLI command.Cli, run func(args ...string) process.Command, stderr io.Writer, name string, driverOpts ...string) error {
	driver, err := driverOf(dockerCLI, name)
	if err != nil {
		return err
	}
	args := []string{"inspect", "--bootstrap", name}
	switch driver {
	case "docker-container":
	case "":
		args = []string{"create", "--bootstrap", "--name", name, "--driver", "docker-container"}
		for _, opt := range driverOpts {
			args = append(args, "--driver-opt", opt)
		}
	default:
		return hint.With(fmt.Errorf("builder %q exists with the %s driver", name, driver), "docker buildx rm "+name)
	}
	if err := runBuildx(ctx, run(args...), stderr); err != nil {
		return fmt.Errorf("creating builder %q: %w", name, err)
	}
	return nil
}

// runBuildx runs a command for what it does, not for what it prints.
func runBuildx(ctx context.Context, c process.Command, stderr io.Writer) error {
	c.Stderr = stderr
	code, err := process.Run(ctx, c)
	if err == nil && code != 0 {
		err = &process.ExitError{Path: c.Path, Code: code}
	}
	return err
}

// driverOf is the driver of a builder in buildx's store, empty if there is none.
func driverOf(dockerCLI command.Cli, name string) (string, error) {
	txn, release, err := storeutil.GetStore(dockerCLI)
	if err != nil {
		return "", fmt.Errorf("reading buildx's builders: %w", err)
	}
	defer release()
	group, err := txn.NodeGroupByName(name)
	if errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("reading builder %q: %w", name, err)
	}
	return group.Driver, nil
}
