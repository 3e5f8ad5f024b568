package migrate_test

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/docker/buildx/bake"

	"github.com/docker-ghacache/docker-ghacache/internal/migrate/source"
)

// TestBuildxReadsTheOutcome gives every edited bake and compose file to the
// parser of buildx, and expects the targets and the entries it had before.
func TestBuildxReadsTheOutcome(t *testing.T) {
	for pattern, k := range map[string]source.Kind{"bake/*.hcl": source.HCL, "bake/*.json": source.JSON, "compose/*.yaml": source.Compose} {
		inputs, err := filepath.Glob(filepath.Join("testdata", pattern))
		if err != nil || len(inputs) == 0 {
			t.Fatalf("no files %s: %v", pattern, err)
		}
		for _, input := range inputs {
			if filepath.Base(input) == "broken.hcl" {
				continue
			}
			t.Run(input, func(t *testing.T) {
				src := contents(t, input)
				f := inMemory(k, []byte(src))
				report, ok := judged(t, f)
				if !ok {
					t.Fatal("it is not parsed here")
				}
				out, err := f.Apply(report.Edits("x"))
				if err != nil {
					t.Fatal(err)
				}
				was, now := targets(t, input, src), targets(t, input, string(out))
				if !slices.Equal(was, now) {
					t.Errorf("targets %q became %q", was, now)
				}
			})
		}
	}
}

// targets lists names and numbers of cache entries of a file's targets.
func targets(t *testing.T, name, src string) []string {
	t.Helper()
	t.Setenv("DOCKER_BUILDX", "")
	config, _, err := bake.ParseFiles([]bake.File{{Name: name, Data: []byte(src)}}, nil, map[string]string{"ACTIONS_CACHE_URL": "x"})
	if err != nil {
		t.Fatalf("buildx does not read it: %v\n%s", err, src)
	}
	seen := map[string]bool{}
	for _, target := range config.Targets {
		seen[strings.Join([]string{target.Name, strings.Repeat("f", len(target.CacheFrom)), strings.Repeat("t", len(target.CacheTo))}, " ")] = true
	}
	return slices.Sorted(maps.Keys(seen))
}
