package plugin

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
)

func TestMigrateDiffIsColouredOnATerminal(t *testing.T) {
	d := serve(t, cacheserver.Options{}, nil)
	file := filepath.Join(t.TempDir(), "docker-bake.json")
	check(t, os.WriteFile(file, []byte(`{"target": {"app": {"cache-to": ["type=gha,version=1"]}}}`+"\n"), 0o600))
	args := []string{"migrate-v2", "--service", "v2", "--only", "cache-version", file}
	for name, c := range map[string]struct {
		noColor  string
		coloured bool
	}{"by default": {"", true}, "unless told not to": {"1", false}} {
		t.Run(name, func(t *testing.T) {
			d.vars["NO_COLOR"] = c.noColor
			seen := d.runOn(t.Context(), wide, args)
			if seen.code != 1 || !strings.Contains(seen.stdout, `version=2`) || strings.Contains(seen.stdout, "\x1b[32m+") != c.coloured {
				t.Errorf("saw %q, exit %d", seen.stdout, seen.code)
			}
		})
	}
}
