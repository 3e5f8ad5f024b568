package plugin

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
	"mvdan.cc/sh/v3/shell"
)

// shown is a command of the plugin in a block of the documentation.
var shown = regexp.MustCompile(`(?m)^(?:\$|- run:|      - run:) docker ghacache (ls|du|inspect|prune|doctor|explain|mounts|serve|migrate-v2)\b(.*)$`)

var yamlBlock = regexp.MustCompile("(?s)```yaml\n(.*?)```")

func TestTheYAMLOfTheDocumentationCanBeRead(t *testing.T) {
	for _, file := range []string{"../README.md", "../docs/guides/10-gb-full.md", "../docs/guides/cache-mounts.md", "../docs/guides/local-cache.md", "../docs/guides/action.md"} {
		data, err := os.ReadFile(file)
		check(t, err)
		blocks := yamlBlock.FindAllStringSubmatch(string(data), -1)
		if len(blocks) == 0 {
			t.Errorf("%s shows no YAML", file)
		}
		for _, m := range blocks {
			var content any
			if err := yaml.Unmarshal([]byte(m[1]), &content); err != nil {
				t.Errorf("%s: %v in\n%s", file, err, m[1])
			}
		}
	}
}

func TestTheDocumentationShowsCommandsThatCanBeRead(t *testing.T) {
	files, err := filepath.Glob("../docs/guides/*.md")
	check(t, err)
	for _, file := range append(files, "../README.md") {
		data, err := os.ReadFile(file)
		check(t, err)
		commands := shown.FindAllStringSubmatch(string(data), -1)
		if len(commands) == 0 {
			t.Errorf("%s shows no command", file)
		}
		for _, m := range commands {
			line, _, _ := strings.Cut(m[2], " #")
			words, err := shell.Fields(strings.TrimRight(line, " &"), nil)
			check(t, err)
			cmd, args, err := Reference().Find(append([]string{m[1]}, words...))
			check(t, err)
			if err := cmd.ParseFlags(args); err != nil {
				t.Errorf("%s: %s: %v", file, m[0], err)
			}
		}
	}
}
