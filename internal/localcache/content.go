package localcache

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	cacheimporttypes "github.com/moby/buildkit/cache/remotecache/v1/types"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// content is what a descriptor of index.json references.
type content struct {
	// documents are the digests of the manifest, of manifests below it, and of configs. The
	// first one is that of the descriptor.
	documents []string
	layers    []bkcache.Layer
	other     bool                           // it is no cache, but an image or something else
	config    []byte                         // of the cache; nil: it is not there
	blobs     map[string]ocispecs.Descriptor // of the layers
	seen      map[string]bool                // documents
	err       error                          // why it is not known
}

// maxDocument is the largest manifest that is read, in bytes. BuildKit reads 1 MiB.
const maxDocument = 64 << 20

// maxImported is the largest manifest or config that BuildKit imports, in bytes (readBlob in
// cache/remotecache/import.go).
const maxImported = 1 << 20

func readContent(dir string, desc ocispecs.Descriptor) content {
	c := content{blobs: map[string]ocispecs.Descriptor{}, seen: map[string]bool{}}
	c.note(desc.Digest)
	c.err = c.read(dir, desc, 0)
	return c
}

// maxDepth is how deep indexes may lie in indexes.
const maxDepth = 8

// read follows a descriptor. What is not there references nothing: no build can use it.
func (c *content) read(dir string, desc ocispecs.Descriptor, depth int) error {
	if !strings.Contains(desc.MediaType, "manifest") && !strings.Contains(desc.MediaType, "image.index") {
		c.other = depth == 0 || c.other
		return fmt.Errorf("%s has the unknown media type %q", desc.Digest, desc.MediaType)
	}
	if depth > maxDepth {
		return fmt.Errorf("%s lies too deep in other indexes", desc.Digest)
	}
	data, err := readDocument(dir, desc.Digest)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var document struct {
		Manifests []ocispecs.Descriptor `json:"manifests"`
		Config    *ocispecs.Descriptor  `json:"config"`
		Layers    []ocispecs.Descriptor `json:"layers"`
		Blobs     []ocispecs.Descriptor `json:"blobs"` // of an OCI artifact
		Subject   *ocispecs.Descriptor  `json:"subject"`
	}
	if err := json.Unmarshal(data, &document); err != nil {
		return fmt.Errorf("decoding %s: %w", desc.Digest, err)
	}
	if depth == 0 {
		c.other = !isCache(document.Config) && !slices.ContainsFunc(document.Manifests, func(d ocispecs.Descriptor) bool { return isCache(&d) })
	}
	for _, layer := range slices.Concat(document.Layers, document.Blobs) {
		c.add(layer)
	}
	if document.Config != nil {
		if err := c.readConfig(dir, *document.Config); err != nil {
			return err
		}
	}
	below := document.Manifests
	if document.Subject != nil {
		below = append(below, *document.Subject)
	}
	return c.readBelow(dir, below, depth)
}

// readBelow follows the descriptors of an index. BuildKit's older form of a cache is an
// index of layers and a config.
func (c *content) readBelow(dir string, below []ocispecs.Descriptor, depth int) error {
	for _, desc := range below {
		switch {
		case isCache(&desc):
			if err := c.readConfig(dir, desc); err != nil {
				return err
			}
		case isLayer(desc.MediaType):
			c.add(desc)
		case c.note(desc.Digest):
			if err := c.read(dir, desc, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

// note adds a document, and reports whether it is new.
func (c *content) note(digest digest.Digest) bool {
	name := digest.String()
	if c.seen[name] {
		return false
	}
	c.seen[name] = true
	c.documents = append(c.documents, name)
	return true
}

// isCache reports whether a config is that of a cache.
func isCache(config *ocispecs.Descriptor) bool {
	return config != nil && config.MediaType == cacheimporttypes.CacheConfigMediaTypeV0
}

func isLayer(mediaType string) bool {
	return strings.HasPrefix(mediaType, "application/vnd.oci.image.layer.") || strings.HasPrefix(mediaType, "application/vnd.docker.image.rootfs.")
}

func (c *content) add(layer ocispecs.Descriptor) {
	name := layer.Digest.String()
	if _, known := c.blobs[name]; !known {
		c.blobs[name] = layer
		c.layers = append(c.layers, bkcache.Layer{Digest: name, Size: layer.Size})
	}
}

func (c *content) readConfig(dir string, desc ocispecs.Descriptor) error {
	c.note(desc.Digest)
	if !isCache(&desc) {
		return nil
	}
	data, err := readDocument(dir, desc.Digest)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	c.config = data
	return err
}

// readDocument reads a blob and compares it with its digest: what is damaged must not look
// like a manifest that references little.
func readDocument(dir string, name digest.Digest) ([]byte, error) {
	if err := name.Validate(); err != nil {
		return nil, fmt.Errorf("%q: %w", name, err)
	}
	data, err := readFile(filepath.Join(dir, filepath.FromSlash(blobPath(name.String()))), maxDocument)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("reading %s: %w", name, err)
	case name.Algorithm().FromBytes(data) != name:
		return nil, fmt.Errorf("reading %s: it is damaged, its content has another digest", name)
	}
	return data, nil
}
