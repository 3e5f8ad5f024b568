package plugin

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
)

// unreadable are command lines that cannot be read, by command. Those with two words
// begin with the words of the command.
func unreadable() map[string][][]string {
	return map[string][][]string{
		"ghacache":      {{"--nosuch"}, {"nosuch"}},
		"build":         {{"--gha-nosuch", "."}, {"--gha-dry-run=yaml", "."}, {"--gha-strict=maybe", "."}, {"--cache-to", "type=gha,mode=all", "."}, {"--gha-scope-per-target", "."}},
		"bake":          {{"--gha-nosuch"}, {"--gha-dry-run=yaml"}, {"--gha-skip=maybe"}},
		"ls":            {{"--nosuch"}, {"stray"}, {"--format", "yaml"}, {"--format", "{{.Foo}}"}, {"--format", "{{"}, {"--sort", "name"}, {"--filter", "nope=1"}, {"--scope", "["}},
		"du":            {{"--nosuch"}, {"stray"}, {"--format", "yaml"}, {"--format", "{{.Bytes}}"}, {"--summary"}},
		"inspect":       {{"--nosuch"}, {}, {"app", "web"}, {"app", "--format", "yaml"}, {"app", "--ref", "["}},
		"prune":         {{"--nosuch"}, {"stray"}, {"--force", "--format", "yaml"}, {"--force", "--keep-storage", "lots"}, {"--force", "--grace=-1h"}, {"--include-other"}, {"--all", "--closed"}, {"--filter", "kind=layer"}, {}},
		"migrate-v2":    {{"--nosuch"}, {"--format", "yaml"}, {"--service", "v3"}, {"--only", "nosuch"}, {"--write", "--check"}, {"--copy", "--upgrade-builder", "b"}, {"--scope", "app"}},
		"explain":       {{"--nosuch"}, {"a", "b"}, {"--format", "yaml"}},
		"doctor":        {{"--nosuch"}, {"stray"}, {"--format", "yaml"}, {"--summary"}},
		"hooks":         {{"--nosuch"}, {"nosuch"}},
		"hooks enable":  {{"--nosuch"}, {"stray"}},
		"hooks disable": {{"--nosuch"}, {"stray"}},
		"hooks status":  {{"--nosuch"}, {"stray"}},
		"serve":         {{"--nosuch"}, {"stray"}, {"--format", "yaml"}, {"--ref", "a b"}, {"--max-size", "lots"}, {"--max-age", "0s"}, {"--fault", "x"}},
		"serve token":   {{"--nosuch"}, {"stray"}, {"--ref", "a b"}},
		"version":       {{"--nosuch"}, {"stray"}, {"--format", "yaml"}},
	}
}

func TestACommandLineThatCannotBeReadEndsWith125(t *testing.T) {
	d, lines := exampleLaptop(t), unreadable()
	var walk func(cmd *cobra.Command, name string)
	walk = func(cmd *cobra.Command, name string) {
		if len(lines[name]) == 0 {
			t.Errorf("no command line of %s is tested", name)
		}
		for _, line := range lines[name] {
			args := append(strings.Fields(strings.TrimPrefix(name, "ghacache")), line...)
			if got := d.run(args...); got.code != usageError || !strings.HasPrefix(got.stderr, "error: ") || got.stdout != "" {
				t.Errorf("%q: %+v", args, got)
			}
		}
		for _, c := range cmd.Commands() {
			if !c.Hidden {
				walk(c, strings.TrimSpace(strings.TrimPrefix(name, "ghacache")+" "+c.Name()))
			}
		}
	}
	walk(Reference().Commands()[0], "ghacache")
}

// Each command's help says what its own exit codes mean.
func TestTheHelpListsExitCodes(t *testing.T) {
	d := serve(t, cacheserver.Options{}, nil)
	for command, want := range map[string]string{
		"build":      "Ends with the exit code of buildx, with 1 if the plugin refuses the caches, and with 125 if an option cannot be read.",
		"bake":       "Ends with the exit code of buildx, with 1 if the plugin refuses the caches, and with 125 if an option cannot be read.",
		"inspect":    "Exits with 1 if a layer is missing, or if the scope cannot be shown.",
		"prune":      "Exits with 1 if it could not delete all of the plan.",
		"migrate-v2": "Ends with 0 when there is nothing left to do, 1 when there is, 2 when it could not",
		"explain":    "Exits with 1 if it finds none, or if the log cannot be read.",
		"doctor":     "An error means that builds fail or do not use the cache; then the exit code is 1.",
		"serve":      "ends with its exit code, or with 127 if there is no such command.",
	} {
		help := strings.Join(strings.Fields(d.run(command, "--help").stdout), " ")
		if !strings.Contains(help, want) {
			t.Errorf("the help of %s does not say %q:\n%s", command, want, help)
		}
	}
}
