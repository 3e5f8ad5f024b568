package plugin

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker-ghacache/docker-ghacache/internal/process"
	"github.com/docker/cli/cli-plugins/metadata"
	"github.com/docker/cli/cli-plugins/socket"
	"github.com/moby/sys/atomicwriter"
)

// tokenLifetime outlasts what a service on one machine is left running for.
const tokenLifetime = 30 * 24 * time.Hour

// defaultBranch is the one of a served repository. A job that writes it may do everything.
const defaultBranch = "main"

// jobEnvironment is the environment of a job on the service.
func jobEnvironment(issuer *cacheserver.Issuer, base string, refs []cacheserver.RefAccess) ([]cacheserver.Variable, error) {
	runtime, err := issuer.RuntimeToken(refs, tokenLifetime)
	if err != nil {
		return nil, err
	}
	rest, err := issuer.JobRESTToken(refs, defaultBranch, tokenLifetime)
	if err != nil {
		return nil, err
	}
	return issuer.Environment(base, runtime, rest), nil
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

type writeEnvironment func(env *Env, file string, vars []cacheserver.Variable) error

// environmentWriter writes to a file, or to standard output where there is none.
func environmentWriter(format string) (writeEnvironment, error) {
	switch format {
	case "env":
		return func(env *Env, file string, vars []cacheserver.Variable) error {
			return replaceOrPrint(env.Stdout, file, lines(vars))
		}, nil
	case "json":
		return func(env *Env, file string, vars []cacheserver.Variable) error {
			object := map[string]string{}
			for _, v := range vars {
				object[v.Name] = v.Value
			}
			data, err := json.MarshalIndent(object, "", "  ")
			if err != nil {
				return err
			}
			return replaceOrPrint(env.Stdout, file, append(data, '\n'))
		}, nil
	case "github":
		return writeGitHub, nil
	}
	return nil, usage(fmt.Errorf("unknown format %q", format), `--format env, json or github`)
}

func lines(vars []cacheserver.Variable) []byte {
	var b bytes.Buffer
	for _, v := range vars {
		fmt.Fprintf(&b, "%s=%s\n", v.Name, v.Value)
	}
	return b.Bytes()
}

// writeGitHub has the runner mask the tokens before it reads them, and adds to
// the file, which is $GITHUB_ENV and holds more.
func writeGitHub(env *Env, file string, vars []cacheserver.Variable) error {
	for _, v := range vars {
		if strings.HasSuffix(v.Name, "_TOKEN") {
			fmt.Fprintf(env.Stderr, "::add-mask::%s\n", v.Value)
		}
	}
	if file == "" {
		_, err := env.Stdout.Write(lines(vars))
		return err
	}
	f, err := openPrivate(file)
	if err != nil {
		return fmt.Errorf("writing the environment: %w", err)
	}
	_, err = f.Write(lines(vars))
	return errors.Join(err, f.Close())
}

// openPrivate opens a file to append to, which only its owner can read from then on: GitHub's runner makes $GITHUB_ENV
// readable for everybody. It does not follow a link, which somebody else may have put there.
func openPrivate(file string) (*os.File, error) {
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY|noFollow, 0o600)
	if err != nil {
		if info, statErr := os.Lstat(file); statErr == nil && info.Mode()&os.ModeSymlink != 0 {
			err = fmt.Errorf("%q is a link", file)
		}
		return nil, err
	}
	info, err := f.Stat()
	switch {
	case err != nil:
	case !info.Mode().IsRegular():
		err = fmt.Errorf("%q is not a file", file)
	case othersRead(info.Mode()):
		if err = f.Chmod(info.Mode().Perm() &^ 0o077); err != nil {
			err = hint.With(fmt.Errorf("other users can read %q, which would hold tokens: %w", file, err), "chmod 600 "+file)
		}
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func othersRead(mode os.FileMode) bool { return runtime.GOOS != "windows" && mode.Perm()&0o077 != 0 }

// replaceOrPrint writes a file as a whole, readable by its owner only: it
// appears when its reader may rely on it.
func replaceOrPrint(stdout io.Writer, file string, data []byte) error {
	if file == "" {
		_, err := stdout.Write(data)
		return err
	}
	if err := atomicwriter.WriteFile(file, data, 0o600); err != nil {
		return fmt.Errorf("writing the environment: %w", err)
	}
	return nil
}
