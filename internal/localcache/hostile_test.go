//go:build unix

package localcache_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/localcache"
	"github.com/docker-ghacache/docker-ghacache/internal/reclaim"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// Whoever deletes behind a link deletes what another folder may need.
func TestFoldersWithLinksAreRefused(t *testing.T) {
	for _, name := range []string{"index.json", "blobs", "blobs/sha256", "ingest", "ghacache-deleted"} {
		t.Run(name, func(t *testing.T) {
			other, f := newFolder(t), newFolder(t)
			other.export("latest", "theirs")
			upload(other)
			check(t, os.MkdirAll(filepath.Join(other.dir, "ghacache-deleted"), 0o755))
			f.export("latest", "ours")
			f.layer("garbage")
			plan := localcache.NewPlan(f.read(), grace, soon())
			check(t, os.RemoveAll(filepath.Join(f.dir, name)))
			check(t, os.Symlink(filepath.Join(other.dir, name), filepath.Join(f.dir, name)))
			before := len(other.blobs())
			if _, err := localcache.Read(f.dir); err == nil || !strings.Contains(err.Error(), filepath.Join(f.dir, name)+" is a symbolic link") {
				t.Errorf("read with %v", err)
			}
			if _, err := plan.Execute(t.Context()); err == nil {
				t.Error("executed")
			}
			if other.whole(); len(other.blobs()) != before {
				t.Errorf("%d of %d blobs of the other cache are left", len(other.blobs()), before)
			}
		})
	}
}

// A blob that is a link or a pipe is read by nobody, and nobody waits for it. A manifest behind
// it might reference anything.
func TestManifestsThatAreNoFiles(t *testing.T) {
	for name, replace := range map[string]func(path string) error{
		"a link to nowhere": func(path string) error { return os.Symlink("nowhere", path) },
		"an endless file":   func(path string) error { return os.Symlink("/dev/zero", path) },
		"a pipe":            func(path string) error { return syscall.Mkfifo(path, 0o644) },
		"a folder":          func(path string) error { return os.Mkdir(path, 0o755) },
	} {
		t.Run(name, func(t *testing.T) {
			f := newFolder(t)
			all := f.export("latest", "one")
			check(t, os.Remove(f.path(all[0])))
			check(t, replace(f.path(all[0])))
			l, err := readInTime(t, f.dir)
			check(t, err)
			if got, want := total(localcache.NewPlan(l, grace, soon())), "unknown an index that was not read might reference it 2; keep in use 1; "; got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

func TestAnIndexThatIsNoFile(t *testing.T) {
	for name, create := range map[string]func(path string) error{
		"a pipe":   func(path string) error { return syscall.Mkfifo(path, 0o644) },
		"a folder": func(path string) error { return os.Mkdir(path, 0o755) },
		"huge": func(path string) error {
			if err := os.WriteFile(path, []byte(`{"schemaVersion":2}`), 0o600); err != nil {
				return err
			}
			return os.Truncate(path, 100<<20)
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFolder(t)
			check(t, create(filepath.Join(f.dir, "index.json")))
			if _, err := readInTime(t, f.dir); err == nil || strings.Contains(err.Error(), "decoding") {
				t.Errorf("read with %v", err)
			}
		})
	}
}

// readInTime fails if a folder is not read soon.
func readInTime(t *testing.T, dir string) (l *localcache.Layout, err error) {
	t.Helper()
	done := make(chan struct{})
	go func() { l, err = localcache.Read(dir); close(done) }()
	select {
	case <-done:
		return l, err
	case <-time.After(20 * time.Second):
		t.Fatal("it is still being read")
		return nil, nil
	}
}

// What is in the same layout and is not a cache stays: --keep-tags is about caches.
func TestImagesBesideACache(t *testing.T) {
	for name, policy := range map[string]localcache.Policy{
		"other tags go":     {KeepTag: only("main")},
		"a limit is set":    {KeepStorage: 1},
		"both of these":     {KeepStorage: 1, KeepTag: only("main")},
		"garbage goes only": {},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFolder(t)
			f.now = time.Now().Add(-48 * time.Hour)
			config := f.write(ocispecs.MediaTypeImageConfig, "{}")
			image := f.write(ocispecs.MediaTypeImageManifest, text(t, ocispecs.Manifest{Config: config, Layers: []ocispecs.Descriptor{f.layer("of the image")}}))
			attestation := f.write(ocispecs.MediaTypeImageManifest, text(t, ocispecs.Manifest{Config: config, Layers: []ocispecs.Descriptor{f.write("application/vnd.in-toto+json", "sbom")}}))
			f.put("image", f.write(ocispecs.MediaTypeImageIndex, text(t, ocispecs.Index{Manifests: []ocispecs.Descriptor{image, attestation}})))
			f.export("main", "base")
			f.export("old", "base", "of the old cache")
			images := len(f.blobs())
			f.layer("garbage")
			plan := localcache.NewPlan(f.read(), policy, time.Now())
			if _, err := plan.Execute(t.Context()); err != nil {
				t.Fatal(err)
			}
			f.whole()
			for _, d := range []ocispecs.Descriptor{image, attestation, config} {
				if !f.has(d.Digest) {
					t.Errorf("%s was deleted", d.Digest)
				}
			}
			if len(f.blobs()) > images {
				t.Error("the garbage is left")
			}
		})
	}
}

// Two tags of one manifest: if one of them goes, its files stay, and are not counted.
func TestTagsOfOneManifest(t *testing.T) {
	for _, gone := range []string{"a", "b"} {
		t.Run(gone, func(t *testing.T) {
			f := newFolder(t)
			manifest := f.manifest(true, f.layer("one"))
			f.put("a", manifest)
			f.put("b", manifest)
			before := len(f.blobs())
			result := f.prune(localcache.Policy{KeepTag: func(tag string) bool { return tag != gone }}, soon())
			if f.whole(); len(f.blobs()) != before || result.Deleted.Count != 1 || result.Deleted.Bytes != 0 || result.Needed.Count != 0 {
				t.Errorf("%d of %d blobs are left, and %+v", len(f.blobs()), before, result)
			}
		})
	}
}

// Only the folder itself is cleaned of temporary files, whatever its name, and only of those
// that this program has written.
func TestTemporaryFiles(t *testing.T) {
	f := newFolder(t)
	f.export("latest", "one")
	parent := filepath.Dir(f.dir)
	strange := filepath.Join(parent, "[c]*")
	check(t, os.Rename(f.dir, strange))
	f.dir = strange
	kept := []string{filepath.Join(parent, "c1", ".docker-ghacache-1"), filepath.Join(strange, ".docker-ghacache-notes"), filepath.Join(strange, ".docker-ghacache-12", "file")}
	left := filepath.Join(strange, ".docker-ghacache-123")
	for _, name := range append(kept, left) {
		check(t, os.MkdirAll(filepath.Dir(name), 0o755))
		check(t, os.WriteFile(name, nil, 0o600))
	}
	_, err := localcache.NewPlan(f.read(), grace, soon()).Execute(t.Context())
	check(t, err)
	for _, name := range kept {
		if _, err := os.Stat(name); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(left); err == nil {
		t.Error("it is left")
	}
}

// A prune that was killed has taken an upload out, and a build has begun the same one again.
func TestAnUploadThatWasTakenBefore(t *testing.T) {
	f := newFolder(t)
	f.export("latest", "one")
	upload(f)
	uploads, err := filepath.Glob(filepath.Join(f.dir, "ingest", "*"))
	check(t, err)
	check(t, os.MkdirAll(filepath.Join(f.dir, "ghacache-deleted", "ingest"), 0o755))
	for _, u := range uploads {
		check(t, os.Rename(u, filepath.Join(f.dir, "ghacache-deleted", "ingest", filepath.Base(u))))
	}
	upload(f)
	if result := f.prune(grace, soon()); result.Deleted.Count != 1 {
		t.Errorf("%+v", result)
	}
}

// BuildKit imports the first of several descriptors with one tag (ociindex.StoreIndex.Get).
func TestTheFirstOfTwoTagsIsTheOneThatBuildKitReads(t *testing.T) {
	f := newFolder(t)
	var tags []ocispecs.Descriptor
	for _, layer := range []string{"one", "two"} {
		m := f.manifest(true, f.layer(layer))
		m.Annotations = map[string]string{ocispecs.AnnotationRefName: "latest"}
		tags = append(tags, m)
	}
	f.index(tags...)
	l := f.read()
	index, err := l.Index(&l.Caches[0])
	check(t, err)
	if len(l.Caches) != 2 || l.Caches[0].Scope != "latest" || index.Digest != tags[0].Digest.String() {
		t.Errorf("%d caches, the first with %s", len(l.Caches), index.Digest)
	}
	for _, v := range l.Forecast(soon()).Verdicts {
		if v.Decision == reclaim.Delete {
			t.Errorf("ls says that %s goes", v.Item.Entry.Key)
		}
	}
	f.prune(localcache.Policy{}, soon())
	f.whole()
}
