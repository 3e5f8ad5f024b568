package plugin

import (
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
)

// unreadable are command lines that cannot be read, by command. Those with two words
// begin with the words of the command.
func unreadable() map[string][][]string {
	return map[string][][]string{
		"ghacache":       {{"--nosuch"}, {"nosuch"}},
		"build":          {{"--gha-nosuch", "."}, {"--gha-dry-run=yaml", "."}, {"--gha-strict=maybe", "."}, {"--cache-to", "type=gha,mode=all", "."}, {"--gha-scope-per-target", "."}},
		"bake":           {{"--gha-nosuch"}, {"--gha-dry-run=yaml"}, {"--gha-skip=maybe"}},
		"ls":             {{"--nosuch"}, {"stray"}, {"--format", "yaml"}, {"--format", "{{.Foo}}"}, {"--format", "{{"}, {"--sort", "name"}, {"--filter", "nope=1"}, {"--scope", "["}},
		"du":             {{"--nosuch"}, {"stray"}, {"--format", "yaml"}, {"--format", "{{.Bytes}}"}, {"--summary"}},
		"inspect":        {{"--nosuch"}, {}, {"app", "web"}, {"app", "--format", "yaml"}, {"app", "--ref", "["}},
		"prune":          {{"--nosuch"}, {"stray"}, {"--force", "--format", "yaml"}, {"--force", "--keep-storage", "lots"}, {"--force", "--grace=-1h"}, {"--include-other"}, {"--all", "--closed"}, {"--filter", "kind=layer"}, {}},
		"migrate-v2":     {{"--nosuch"}, {"--format", "yaml"}, {"--service", "v3"}, {"--only", "nosuch"}, {"--write", "--check"}, {"--copy", "--upgrade-builder", "b"}, {"--scope", "app"}},
		"explain":        {{"--nosuch"}, {"a", "b"}, {"--format", "yaml"}},
		"doctor":         {{"--nosuch"}, {"stray"}, {"--format", "yaml"}, {"--summary"}},
		"hooks":          {{"--nosuch"}, {"nosuch"}},
		"hooks enable":   {{"--nosuch"}, {"stray"}},
		"hooks disable":  {{"--nosuch"}, {"stray"}},
		"hooks status":   {{"--nosuch"}, {"stray"}},
		"mounts":         {{"--nosuch"}, {"nosuch"}},
		"mounts ls":      {{"--nosuch"}, {"stray"}, {"--format", "{{.Foo}}"}},
		"mounts save":    {{"--nosuch"}, {"--target"}, {"--platform", "nosuch"}, {"--platform", "linux/amd64,"}},
		"mounts restore": {{"--nosuch"}, {"--target"}, {"--platform", "nosuch"}, {"--platform", "linux/amd64,"}},
		"mounts rm":      {{"--nosuch"}, {}},
		"serve":          {{"--nosuch"}, {"stray"}, {"--format", "yaml"}, {"--ref", "a b"}, {"--max-size", "lots"}, {"--max-age", "0s"}, {"--fault", "x"}},
		"serve token":    {{"--nosuch"}, {"stray"}, {"--ref", "a b"}},
		"version":        {{"--nosuch"}, {"stray"}, {"--format", "yaml"}},
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
	walk(Reference(), "ghacache")
}

// Each command's help says what its own exit codes mean.
func TestTheHelpListsExitCodes(t *testing.T) {
	d := serve(t, cacheserver.Options{}, nil)
	for command, codes := range map[string][]string{
		"build": {"1", "125"}, "bake": {"1", "125"}, "inspect": {"1"}, "prune": {"1"}, "explain": {"1"}, "doctor": {"1"},
		"migrate-v2": {"0", "1", "2", "125"}, "serve": {"127"},
	} {
		help := strings.Join(strings.Fields(d.run(command, "--help").stdout), " ")
		for _, code := range codes {
			if !regexp.MustCompile(`(?i)\b(ends|exits|exit code)\b[^.]*\b` + code + `\b`).MatchString(help) {
				t.Errorf("the help of %s does not say when it ends with %s:\n%s", command, code, help)
			}
		}
	}
}
