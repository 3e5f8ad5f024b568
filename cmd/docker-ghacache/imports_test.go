package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/docker-ghacache/docker-ghacache/"

// mayImport says which packages of the module each one may import; its own
// subpackages are its own business.
var mayImport = map[string][]string{
	"cmd/docker-ghacache": {"plugin"},
	"plugin": {
		"cacheopts", "internal/actions", "internal/bkcache", "internal/builders", "internal/cacheclient", "internal/cacheserver",
		"internal/diagnose", "internal/migrate", "internal/reclaim", "internal/release", "internal/ui",
	},
	"internal/actions":     {"cacheopts"},
	"internal/builders":    {"cacheopts", "internal/release"},
	"internal/cacheclient": {"cacheopts", "internal/bkcache"},
	"internal/diagnose":    {"cacheopts", "internal/bkcache", "internal/release"},
	"internal/migrate":     {"cacheopts", "internal/bkcache", "internal/release"},
	"internal/reclaim":     {"cacheopts", "internal/bkcache"},
	"internal/bkcache":     nil,
	"internal/cacheserver": nil,
	"internal/release":     nil,
	"internal/ui":          nil,
	"cacheopts":            nil,
}

// onlyIn says where a door to the world is.
var onlyIn = map[string][]string{
	"os/exec":                  {"internal/builders", "plugin"}, // plugin looks programs up, and starts none
	"net/http":                 {"internal/cacheclient", "internal/cacheserver"},
	"os/signal":                {"cmd/docker-ghacache", "internal/builders"},
	"github.com/spf13/cobra":   {"plugin", "internal/builders"}, // docker/cli wants one to look for plugins
	"github.com/docker/buildx": {"internal/builders"},
}

func TestImportsRunDownwards(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, module+"cmd/...", module+"plugin/...", module+"cacheopts/...", module+"internal/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(strings.ReplaceAll(line, module, ""))
		name := owner(words[0])
		if name == "" {
			continue
		}
		seen++
		for _, imported := range words[1:] {
			if to := owner(imported); to != "" && to != name && !slices.Contains(mayImport[name], to) {
				t.Errorf("%s imports %s", words[0], imported)
			}
			for door, rooms := range onlyIn {
				if (imported == door || strings.HasPrefix(imported, door+"/")) && !slices.Contains(rooms, name) {
					t.Errorf("%s imports %s, which only %s may", words[0], imported, strings.Join(rooms, " and "))
				}
			}
		}
	}
	if seen < len(mayImport) {
		t.Errorf("go list named %d packages of %d", seen, len(mayImport))
	}
}

// owner is the package with rules that a path belongs to.
func owner(path string) string {
	for name := range mayImport {
		if path == name || strings.HasPrefix(path, name+"/") {
			return name
		}
	}
	return ""
}
