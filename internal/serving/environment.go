package serving

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker-ghacache/docker-ghacache/internal/secret"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
)

type writeEnvironment func(console ui.Console, file string, vars []cacheserver.Variable) error

// environmentWriter writes to a file, or to standard output where there is none.
func environmentWriter(format string) (writeEnvironment, error) {
	switch format {
	case "env":
		return func(console ui.Console, file string, vars []cacheserver.Variable) error {
			return replaceOrPrint(console, file, lines(vars))
		}, nil
	case "json":
		return func(console ui.Console, file string, vars []cacheserver.Variable) error {
			object := map[string]string{}
			for _, v := range vars {
				object[v.Name] = v.Value
			}
			data, err := json.MarshalIndent(object, "", "  ")
			if err != nil {
				return err
			}
			return replaceOrPrint(console, file, append(data, '\n'))
		}, nil
	case "github":
		return writeGitHub, nil
	}
	return nil, hint.Usage(fmt.Errorf("unknown format %q", format), `--format env, json or github`)
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
func writeGitHub(console ui.Console, file string, vars []cacheserver.Variable) error {
	for _, v := range vars {
		if strings.HasSuffix(v.Name, "_TOKEN") {
			fmt.Fprintf(console.Stderr, "::add-mask::%s\n", v.Value)
		}
	}
	if file == "" {
		_, err := console.Stdout.Write(lines(vars))
		return err
	}
	if err := secret.Append(file, lines(vars)); err != nil {
		return fmt.Errorf("writing the environment: %w", err)
	}
	return nil
}

func replaceOrPrint(console ui.Console, file string, data []byte) error {
	if file == "" {
		_, err := console.Stdout.Write(data)
		return err
	}
	if err := secret.Write(file, data); err != nil {
		return fmt.Errorf("writing the environment: %w", err)
	}
	return nil
}
