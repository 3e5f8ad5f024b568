package localcache_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/plugins/content/local"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/servertest"
	"github.com/docker-ghacache/docker-ghacache/internal/localcache"
	"github.com/docker-ghacache/docker-ghacache/internal/reclaim"
	cacheimporttypes "github.com/moby/buildkit/cache/remotecache/v1/types"
	"github.com/moby/buildkit/client/ociindex"
	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/specs-go"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// folder is a local cache, written by the store and the index that buildx has for it.
type folder struct {
	t     testing.TB
	dir   string
	store content.Store
	now   time.Time // when files are written; zero leaves them as they are
}

func newFolder(t testing.TB) *folder {
	dir := filepath.Join(servertest.Dir(t), "cache") // in memory, because the store syncs each blob
	store, err := local.NewStore(dir)                // creates the folder, as buildx does
	check(t, err)
	return &folder{t: t, dir: dir, store: store}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// write stores a blob as an exporter does, which does not write it if it is there.
func (f *folder) write(mediaType, data string) ocispecs.Descriptor {
	f.t.Helper()
	desc := ocispecs.Descriptor{MediaType: mediaType, Digest: digest.FromString(data), Size: int64(len(data))}
	_, err := os.Stat(f.path(desc.Digest))
	check(f.t, content.WriteBlob(context.Background(), f.store, desc.Digest.String(), bytes.NewReader([]byte(data)), desc))
	if err != nil && !f.now.IsZero() {
		check(f.t, os.Chtimes(f.path(desc.Digest), f.now, f.now))
	}
	return desc
}

func (f *folder) path(d digest.Digest) string {
	return filepath.Join(f.dir, "blobs", d.Algorithm().String(), d.Encoded())
}

func (f *folder) layer(data string) ocispecs.Descriptor {
	f.t.Helper()
	return f.write(ocispecs.MediaTypeImageLayerGzip, data)
}

// manifest writes the config and the manifest of a cache, as an image or in the older form
// (NewExportableCache in cache/remotecache/export.go).
func (f *folder) manifest(image bool, layers ...ocispecs.Descriptor) ocispecs.Descriptor {
	f.t.Helper()
	var records cacheimporttypes.CacheConfig
	for i := range layers {
		l := &layers[i]
		records.Layers = append(records.Layers, cacheimporttypes.CacheLayer{Blob: l.Digest, ParentIndex: i - 1})
		records.Records = append(records.Records, cacheimporttypes.CacheRecord{
			Digest: digest.FromString("step " + l.Digest.String()), Results: []cacheimporttypes.CacheResult{{LayerIndex: i}},
		})
		l.Annotations = map[string]string{"containerd.io/uncompressed": l.Digest.String(), "buildkit/createdat": "2026-01-02T03:04:05Z"}
	}
	config := f.write(cacheimporttypes.CacheConfigMediaTypeV0, text(f.t, records))
	version := specs.Versioned{SchemaVersion: 2}
	if image {
		return f.write(ocispecs.MediaTypeImageManifest, text(f.t, ocispecs.Manifest{Versioned: version, MediaType: ocispecs.MediaTypeImageManifest, Config: config, Layers: layers}))
	}
	return f.write(ocispecs.MediaTypeImageIndex, text(f.t, ocispecs.Index{Versioned: version, MediaType: ocispecs.MediaTypeImageIndex, Manifests: append(layers, config)}))
}

func text(t testing.TB, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	check(t, err)
	return string(data)
}

func (f *folder) put(tag string, manifest ocispecs.Descriptor) {
	f.t.Helper()
	check(f.t, ociindex.NewStoreIndex(f.dir).Put(manifest, ociindex.Tag(tag)))
}

// export writes a whole cache, and returns what it consists of.
func (f *folder) export(tag string, layers ...string) []digest.Digest {
	f.t.Helper()
	var descs []ocispecs.Descriptor
	for _, l := range layers {
		descs = append(descs, f.layer(l))
	}
	manifest := f.manifest(true, descs...)
	f.put(tag, manifest)
	return f.all(manifest)
}

// all is what a manifest references, itself included, as far as the manifest is there.
func (f *folder) all(manifest ocispecs.Descriptor) []digest.Digest {
	f.t.Helper()
	data, err := os.ReadFile(f.path(manifest.Digest))
	check(f.t, err)
	var m struct {
		Config            ocispecs.Descriptor
		Layers, Manifests []ocispecs.Descriptor
	}
	check(f.t, json.Unmarshal(data, &m))
	all := []digest.Digest{manifest.Digest}
	for _, d := range append(append(m.Layers, m.Manifests...), m.Config) {
		if d.Digest != "" {
			all = append(all, d.Digest)
		}
	}
	return all
}

func (f *folder) has(d digest.Digest) bool {
	_, err := os.Stat(f.path(d))
	return err == nil
}

// whole fails if index.json references something that is not there, and returns all that it
// references.
func (f *folder) whole() map[digest.Digest]bool {
	f.t.Helper()
	index, err := ociindex.NewStoreIndex(f.dir).Read()
	check(f.t, err)
	all := map[digest.Digest]bool{}
	for _, m := range index.Manifests {
		for _, d := range f.all(m) {
			if all[d] = true; !f.has(d) {
				f.t.Fatalf("%s, which tag %s references, was deleted", d, m.Annotations[ocispecs.AnnotationRefName])
			}
		}
	}
	return all
}

// blobs are the digests that are there.
func (f *folder) blobs() map[digest.Digest]bool {
	f.t.Helper()
	found := map[digest.Digest]bool{}
	check(f.t, f.store.Walk(context.Background(), func(info content.Info) error {
		found[info.Digest] = true
		return nil
	}))
	return found
}

func (f *folder) read() *localcache.Layout {
	f.t.Helper()
	l, err := localcache.Read(f.dir)
	check(f.t, err)
	return l
}

// prune makes a plan and executes it.
func (f *folder) prune(policy localcache.Policy, now time.Time) reclaim.Result {
	f.t.Helper()
	result, err := localcache.NewPlan(f.read(), policy, now).Execute(f.t.Context())
	check(f.t, err)
	if len(result.Failures) > 0 {
		f.t.Fatal(result.Failures[0].Err)
	}
	f.clean()
	return result
}

// clean fails if the folder has something that is neither BuildKit's nor part of the layout.
func (f *folder) clean() {
	f.t.Helper()
	entries, err := os.ReadDir(f.dir)
	check(f.t, err)
	for _, e := range entries {
		switch e.Name() {
		case "blobs", "ingest", "index.json", "oci-layout":
		case "ghacache.lock": // a build is under way, on Windows
		default:
			f.t.Errorf("the folder has %s", e.Name())
		}
	}
}

// index writes index.json by hand.
func (f *folder) index(manifests ...ocispecs.Descriptor) {
	f.t.Helper()
	data, err := json.Marshal(ocispecs.Index{Versioned: specs.Versioned{SchemaVersion: 2}, Manifests: manifests})
	check(f.t, err)
	check(f.t, os.WriteFile(filepath.Join(f.dir, "index.json"), data, 0o644))
}

// soon is a time at which everything that was written now is old.
func soon() time.Time { return time.Now().Add(2 * localcache.DefaultGrace) }

func total(p *localcache.Plan) string {
	text := ""
	for _, t := range p.Totals() {
		text += fmt.Sprintf("%s %s %d; ", t.Decision, t.Reason, t.Count)
	}
	return text
}

func withRef(ref string) content.WriterOpt { return content.WithRef(ref) }
