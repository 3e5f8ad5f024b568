package e2e

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// localCache are the options of a cache in a folder, on both sides.
func localCache(dir, more string) []string {
	return []string{"--cache-to", "type=local,mode=max,dest=" + dir + more, "--cache-from", "type=local,src=" + dir + more}
}

// folderSize is how many bytes the files below a folder have.
func folderSize(t *testing.T, dir string) (bytes int64) {
	t.Helper()
	check(t, filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		bytes += info.Size()
		return err
	}))
	return bytes
}

// reruns are how many steps of [growing] a change makes a build run again.
var reruns = map[string]int{"source": 3, "lock": 5, "system": 8}

// TestALocalCacheDoesNotGrow builds a changing image 50 times. The builder is emptied before
// each build, so that every step comes from the folder or runs.
func TestALocalCacheDoesNotGrow(t *testing.T) {
	for name, c := range map[string]struct {
		builder func() (string, error)
		builds  int
	}{"on a builder of the remote driver": {shared.many, 50}, "on a builder in a container": {shared.container, 5}} {
		t.Run(name, func(t *testing.T) {
			u, dir, cache := newUser(t, c.builder), growing(t), filepath.Join(t.TempDir(), "cache")
			files := map[string]string{"system": "0", "lock": "0", "source": "0"}
			writeFiles(t, dir, files)
			u.run(build(dir, localCache(cache, "")...)...)
			version, largest := folderSize(t, cache), int64(0)
			for i := range c.builds {
				change := "source"
				switch {
				case i%20 == 3:
					change = "system"
				case i%5 == 4:
					change = "lock"
				}
				files[change] += fmt.Sprint(" ", i)
				writeFiles(t, dir, files)
				u.forget()
				r := u.run(build(dir, append(localCache(cache, ""), "--gha-local-clean")...)...)
				if ran := uncached(t, r.String()); len(ran) != reruns[change] {
					t.Errorf("build %d changes %s, and runs %q", i, change, ran)
				}
				if size := folderSize(t, cache); size > version*3/2 {
					t.Fatalf("after build %d, the folder has %d bytes, and one version %d", i, size, version)
				} else {
					largest = max(largest, size)
				}
			}
			t.Logf("one version has %d bytes, and the folder never more than %d", version, largest)
			u.forget()
			wantCached(t, u.run(build(dir, append(localCache(cache, ""), "--gha-local-clean")...)...).String())
			u.outgrow(dir, cache, version, files, build(dir, localCache(cache, "")...)) // so that the test would see it
		})
	}
}

// outgrow changes the image and builds it until the folder has twice the size of a version. Steps
// that run within one second write the same layers, so a quick machine needs more builds.
func (u *user) outgrow(dir, cache string, version int64, files map[string]string, words []string) {
	u.t.Helper()
	for i := range 30 {
		files["system"] += fmt.Sprint(" ", i)
		writeFiles(u.t, dir, files)
		u.run(words...)
		if folderSize(u.t, cache) > version*2 {
			return
		}
	}
	u.t.Fatalf("without a clean-up the folder has %d bytes, and one version %d", folderSize(u.t, cache), version)
}

// Builds that export to one folder at the same time leave each other what they reference.
func TestLocalCachesOfSeveralBuildsAtOnce(t *testing.T) {
	u, cache := newUser(t, shared.many), filepath.Join(t.TempDir(), "cache")
	dirs := []string{growing(t), growing(t)}
	done := make(chan result)
	words := func(i int) []string {
		return build(dirs[i], append(localCache(cache, fmt.Sprintf(",tag=image%d", i)), "--gha-local-clean")...)
	}
	for round := range 4 {
		for i, dir := range dirs {
			writeFiles(t, dir, map[string]string{"system": "0", "lock": "0", "source": fmt.Sprint(round, i)})
			go func() { done <- u.try(words(i)...) }()
		}
		for range dirs {
			// BuildKit's client does not wait for its own lock, and it cannot write a layer that
			// another one is writing.
			r := <-done
			if r.code != 0 && !strings.Contains(r.stderr, "could not lock") && !strings.Contains(r.stderr, "error writing layer blob") {
				t.Fatal(r)
			}
		}
	}
	for i := range dirs {
		u.run(words(i)...)
	}
	r := u.run("ghacache", "inspect", "--local", cache)
	wantText(t, r.stdout, "Scope:       image0", "Scope:       image1")
	for i := range dirs {
		u.forget()
		wantCached(t, u.run(words(i)...).String())
	}
}

// What plain buildx left of many builds goes with prune, and with it nothing that is CACHED.
func TestPruneALocalCache(t *testing.T) {
	u, dir, cache := newUser(t, shared.many), growing(t), filepath.Join(t.TempDir(), "cache")
	plain := slices.Concat([]string{"buildx"}, build(dir, localCache(cache, "")...)[1:])
	files := map[string]string{"system": "0", "lock": "0", "source": "0"}
	writeFiles(t, dir, files)
	u.run(plain...)
	version := folderSize(t, cache)
	u.outgrow(dir, cache, version, files, plain)
	yesterday := time.Now().Add(-24 * time.Hour)
	check(t, filepath.WalkDir(cache, func(path string, _ fs.DirEntry, err error) error {
		check(t, err)
		return os.Chtimes(path, yesterday, yesterday)
	}))
	wantText(t, u.run("ghacache", "prune", "--local", cache, "--force").stdout, "Total reclaimed space: ")
	if size := folderSize(t, cache); size > version+version/10 {
		t.Errorf("%d bytes are left, and one version has %d", size, version)
	}
	u.forget()
	wantCached(t, u.run(plain...).String())
	wantText(t, u.run("ghacache", "prune", "--local", cache, "--force").stdout, "Total reclaimed space: 0B")
}

// A builder may know a layer from a folder only, and not have fetched it. Another build replaces
// the layer, and the option deletes it. Then a build that needs the layer runs its step again.
func TestALayerThatABuilderHasNotFetched(t *testing.T) {
	u, dir, cache := newUser(t, shared.many), growing(t), filepath.Join(t.TempDir(), "cache")
	words := build(dir, append(localCache(cache, ""), "--gha-local-clean")...)
	one, two := map[string]string{"system": "1", "lock": "1", "source": "1"}, map[string]string{"system": "2", "lock": "2", "source": "2"}
	writeFiles(t, dir, one)
	u.run(words...)
	u.forget()
	wantCached(t, u.run(words...).String())
	writeFiles(t, dir, two)
	wantText(t, u.run(words...).stderr, "info: --gha-local-clean: deleted ")
	writeFiles(t, dir, one)
	u.run(words...)
	u.run(build(dir, append(localCache(cache, ""), "--output", "type=tar,dest="+filepath.Join(t.TempDir(), "image.tar"))...)...)
	u.forget()
	wantCached(t, u.run(words...).String())
}

// A missing layer of a local cache fails a build, unlike one of a gha cache. This is why a
// clean-up must never delete a layer that index.json references.
func TestALayerThatIsMissingFromALocalCache(t *testing.T) {
	u, dir, cache := newUser(t, shared.many), growing(t), filepath.Join(t.TempDir(), "cache")
	words := build(dir, localCache(cache, "")...)
	writeFiles(t, dir, map[string]string{"system": "m", "lock": "m", "source": "m"})
	u.run(words...)
	blobs, err := filepath.Glob(filepath.Join(cache, "blobs", "sha256", "*"))
	check(t, err)
	for _, blob := range blobs {
		if info, err := os.Stat(blob); err == nil && info.Size() > 500000 {
			check(t, os.Remove(blob))
		}
	}
	u.forget()
	if r := u.try("ghacache", "inspect", "--local", cache); r.code != 1 || !strings.Contains(r.stdout, "MISSING") {
		t.Error(r)
	}
	if r := u.try(words...); r.code == 0 || !strings.Contains(r.stderr, "not found") {
		t.Error("BuildKit does without: say so in the guide")
	}
	u.run(build(dir, localCache(cache, "")[:2]...)...)
	u.run("ghacache", "inspect", "--local", cache)
	u.forget()
	wantCached(t, u.run(words...).String())
}
