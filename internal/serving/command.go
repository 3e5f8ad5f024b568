package serving

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
	"github.com/docker-ghacache/docker-ghacache/internal/process"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
	"github.com/docker/cli/cli-plugins/metadata"
	"github.com/docker/cli/cli-plugins/socket"
)

// notFound is the exit code of shells and of docker for a missing command.
const notFound = 127

// runCommand runs a command as a step of a job; a signal is the command's to obey.
// Without the service it is interrupted.
func runCommand(ctx context.Context, console ui.Console, command, environ []string, ended <-chan error) (int, error) {
	path, err := process.Find(command[0])
	if err != nil {
		console.Notes.Error(err)
		return notFound, nil
	}
	ctx, cancel := context.WithCancelCause(ctx)
	var watching sync.WaitGroup
	defer watching.Wait() // until then nobody may stop the service
	defer cancel(nil)
	watching.Go(func() {
		select {
		case err := <-ended:
			console.Notes.Error(fmt.Errorf("serving the cache: %w", err))
			cancel(err)
		case <-ctx.Done():
		}
	})
	// These are files where the program was started by hand, and the command gets them as such.
	return process.Run(ctx, process.Command{
		Path: path, Args: command[1:], Env: environ,
		Stdin: console.Stdin, Stdout: console.Stdout.Writer, Stderr: console.Stderr.Writer,
	})
}

// servedEnviron is the environment of a command that is served: that of this
// program with the variables of a job, and without the cache-mode of another one
// and what the docker CLI tells a plugin, which the command is not.
func servedEnviron(environ []string, vars []cacheserver.Variable) []string {
	environ = slices.DeleteFunc(environ, func(pair string) bool {
		name, _, _ := strings.Cut(pair, "=")
		return slices.Contains([]string{"ACTIONS_CACHE_MODE", metadata.ReexecEnvvar, socket.EnvKey}, name)
	})
	for _, v := range vars {
		environ = process.Setenv(environ, v.Name, v.Value)
	}
	return environ
}
