package localcache

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker-ghacache/docker-ghacache/internal/reclaim"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// Layout is what a folder holds at one time. It does not change.
type Layout struct {
	*reclaim.Analysis // scopes are tags; the ref is always empty

	dir   string
	index []byte // of index.json
	tags  []tag  // in the order of index.json
	files []file // by path
}

// tag is a descriptor of index.json, and what it references.
type tag struct {
	name string // empty: index.json gives none
	raw  json.RawMessage
	content
	item int64 // ID in the analysis
}

// file is a blob, or the folder of an upload that is not finished.
type file struct {
	path    string // in the folder, with slashes
	digest  string // for an upload, one that no blob has
	size    int64  // bytes
	written time.Time
	used    time.Time // last access as far as the file system notes it, or written
	item    int64     // ID in the analysis
}

// The parts of the folder. Uploads are those of containerd's content store.
const (
	blobDir   = "blobs"
	uploadDir = "ingest"
)

// Read reads the cache in a folder. It takes no lock. A manifest that cannot be read is one
// of which nobody knows what it references; it is no error.
func Read(dir string) (*Layout, error) {
	l := &Layout{dir: dir}
	var index ocispecs.Index
	var raw struct {
		Manifests []json.RawMessage `json:"manifests"`
	}
	var err error
	for range readings {
		if l.index, err = readIndex(dir); err != nil {
			return nil, err
		}
		if err = errors.Join(json.Unmarshal(l.index, &index), json.Unmarshal(l.index, &raw)); err == nil {
			break
		}
		time.Sleep(readingPause)
	}
	if err != nil {
		return nil, fmt.Errorf("decoding %s: %w", filepath.Join(dir, ocispecs.ImageIndexFile), err)
	}
	if index.SchemaVersion != 2 {
		return nil, fmt.Errorf("%s has schema version %d, and not 2", filepath.Join(dir, ocispecs.ImageIndexFile), index.SchemaVersion)
	}
	for i, desc := range index.Manifests {
		l.tags = append(l.tags, tag{name: desc.Annotations[ocispecs.AnnotationRefName], raw: raw.Manifests[i], content: readContent(dir, desc)})
	}
	if l.files, err = listFiles(dir); err != nil {
		return nil, err
	}
	if _, err = readDir(filepath.Join(dir, trashDir)); err != nil {
		return nil, err
	}
	l.analyze()
	return l, nil
}

// BuildKit writes index.json in place, so that who reads it without the lock may find half
// of it for a moment.
const (
	readings     = 5
	readingPause = 20 * time.Millisecond
)

func readIndex(dir string) ([]byte, error) {
	data, err := readFile(filepath.Join(dir, ocispecs.ImageIndexFile), maxDocument)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, noCache(dir)
	case err != nil:
		return nil, fmt.Errorf("reading the local cache: %w", err)
	case len(bytes.TrimSpace(data)) == 0:
		return []byte(`{"schemaVersion":2}`), nil // BuildKit creates the file before it writes it
	}
	return data, nil
}

func noCache(dir string) error {
	err := fmt.Errorf("%s is not a local cache: it has no index.json: %w", dir, fs.ErrNotExist)
	if entries, _ := os.ReadDir(dir); len(entries) > 0 {
		return err // whose folder this is nobody knows, so nothing is to be written there
	}
	return hint.With(err, "docker ghacache build --cache-to type=local,mode=max,dest="+hint.Word(dir)+" .   # writes one")
}

// analyze gives each tag and each file that is not part of a manifest an entry.
func (l *Layout) analyze() {
	byDigest := map[string]*file{}
	for i := range l.files {
		byDigest[l.files[i].digest] = &l.files[i]
	}
	var entries []bkcache.Entry
	paths := map[int64]string{}
	add := func(key bkcache.Key, shown string, f file) int64 {
		id := int64(len(entries) + 1)
		paths[id] = shown
		entries = append(entries, bkcache.Entry{ID: id, Key: key.String(), Version: bkcache.Version, Size: f.size, Created: f.written, Used: f.used})
		return id
	}
	indexes, scopes := map[int64]reclaim.Index{}, map[string]bool{}
	for i := range l.tags {
		t := &l.tags[i]
		scope := t.name
		if scopes[scope] { // BuildKit finds the first one by the tag, and others by the digest only
			scope += "@" + t.documents[0]
		}
		scopes[scope] = true
		t.item = add(bkcache.IndexKey(scope, "", false, uint64(i)+1), blobPath(t.documents[0]), l.claim(t, byDigest, int64(len(entries)+1)))
		indexes[t.item] = reclaim.Index{Digest: t.documents[0], Layers: t.references(byDigest), Err: t.err}
	}
	for i := range l.files {
		if f := &l.files[i]; f.item == 0 {
			f.item = add(bkcache.LayerKey(f.digest), f.path, *f)
		}
	}
	l.Analysis = reclaim.Analyze(entries, indexes, bkcache.Refs{})
	for i := range l.Items {
		l.Items[i].Entry.Key = paths[l.Items[i].ID] // the keys were those of the service
	}
}

// claim makes the manifests and configs of a tag part of its entry, except those that
// another tag has, and returns what the entry comes to.
func (l *Layout) claim(t *tag, files map[string]*file, item int64) file {
	var whole file
	for i, digest := range t.documents {
		f := files[digest]
		if f == nil {
			continue
		}
		if f.item == 0 {
			f.item = item
			whole.size += f.size
		}
		if i == 0 {
			whole.written, whole.used = f.written, f.used
		}
	}
	return whole
}

// references are the layers of a tag, and those of its documents that are not there.
func (t *tag) references(files map[string]*file) []bkcache.Layer {
	layers := slices.Clone(t.layers)
	for _, digest := range t.documents {
		if files[digest] == nil {
			layers = append(layers, bkcache.Layer{Digest: digest})
		}
	}
	return layers
}

// NoteUnread says why it is not known what tags reference.
func (l *Layout) NoteUnread(note func(text, fix string), in func(*reclaim.Cache) bool) {
	for i := range l.Caches {
		if c := &l.Caches[i]; c.Err != nil && in(c) {
			note(fmt.Sprintf("the layers of tag %q are not known: %v", c.Scope, c.Err), "docker ghacache build --cache-to type=local,…   # writes the tag again")
		}
	}
}
