package plugin

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/localcache"
	"github.com/rogpeppe/go-internal/txtar"
)

// localCache writes a local cache with the tags main and dev and a layer that was replaced.
func localCache(t *testing.T) string {
	t.Helper()
	archive, err := txtar.ParseFile("../cmd/docker-ghacache/testdata/script/local.txtar")
	check(t, err)
	dir := t.TempDir()
	for _, f := range archive.Files {
		check(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, f.Name)), 0o755))
		check(t, os.WriteFile(filepath.Join(dir, f.Name), f.Data, 0o600))
	}
	return filepath.Join(dir, "cache")
}

func TestTheJSONOfALocalCacheFollowsTheSchemas(t *testing.T) {
	schemas, d, cache := readSchemas(t), exampleLaptop(t), localCache(t)
	for name, runs := range map[string][][]string{
		"ls":         {{"ls"}},
		"ls-entries": {{"ls", "--entries"}},
		"inspect":    {{"inspect"}, {"inspect", "main"}},
		"prune":      {{"prune", "--dry-run", "--grace", "0s", "--keep-tags", "main"}, {"prune", "--force", "--grace", "0s", "--keep-storage", "1MB"}},
	} {
		for _, words := range runs {
			got := d.run(append(slices.Clone(words), "--local", cache, "--format", "json")...)
			if got.code != 0 || got.stderr != "" {
				t.Errorf("%q: exit %d\n%s", words, got.code, got.stderr)
			}
			schemas[name].hold(t, name, got.stdout)
		}
	}
}

func TestPruneOfALocalCacheAsks(t *testing.T) {
	for answer, left := range map[string]int{"n\n": 8, "y\n": 7} {
		d, cache := exampleLaptop(t), localCache(t)
		got := d.runOn(t.Context(), wide, []string{"prune", "--local", cache, "--grace", "0s"}, answer)
		wantText(t, got.stdout, "WARNING! This will delete 1 entry of "+cache+" with 9B.", "delete    unreferenced  1")
		files, err := filepath.Glob(filepath.Join(cache, "blobs", "sha256", "*"))
		check(t, err)
		if len(files) != left {
			t.Errorf("%q leaves %d files\n%s", answer, len(files), got)
		}
	}
}

func TestPruneOfALocalCacheWaitsForBuilds(t *testing.T) {
	d, cache := exampleLaptop(t), localCache(t)
	build := localcache.Enter(t.Context(), cache)
	got := d.run("prune", "--local", cache, "--grace", "0s", "--force")
	wantText(t, got.stderr, "error: nothing was deleted: a build uses "+cache, "hint: docker ghacache prune --local "+cache+"   # after the build")
	if got.code != 1 {
		t.Errorf("exit %d", got.code)
	}
	build.Leave()
	if got := d.run("prune", "--local", cache, "--grace", "0s", "--force"); got.code != 0 || !strings.Contains(got.stdout, "9B") {
		t.Error(got)
	}
}

// A tag that --keep-storage spares because it is young is referenced, and something else was deleted.
func TestPruneOfALocalCacheCountsWhatNoManifestReferences(t *testing.T) {
	d, cache := exampleLaptop(t), localCache(t)
	got := d.run("prune", "--local", cache, "--keep-storage", "1B", "--force")
	wantText(t, got.stderr, "info: nothing is deleted, because a build may be exporting: no manifest references 1 entry younger than 1h0m0s")
	old := time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, name := range []string{"e2208f01e42b2cab0fef975b55dc70d39579dd3d0c5d0758c499baa5109ef187", "9776a63ad24635b88e0a06b16395be82f31ca330d8a634f30d9f05617a96c416"} {
		check(t, os.Chtimes(filepath.Join(cache, "blobs", "sha256", name), old, old))
	}
	got = d.run("prune", "--local", cache, "--keep-storage", "1B", "--force")
	wantText(t, got.stderr, "3 entries with ")
	if strings.Contains(got.stderr, "nothing is deleted") || got.code != 1 {
		t.Error(got)
	}
}

func TestTheHintForAFolderThatIsNoCache(t *testing.T) {
	d, cache := exampleLaptop(t), localCache(t)
	if got := d.run("ls", "--local", filepath.Dir(cache)); strings.Contains(got.stderr, "--cache-to") || got.code != 1 {
		t.Errorf("a cache is to be written among other files: %v", got)
	}
	wantText(t, d.run("ls", "--local", filepath.Join(cache, "none")).stderr, "hint: docker ghacache build --cache-to type=local,mode=max,dest=")
}
