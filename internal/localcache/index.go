package localcache

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/reclaim"
	cacheimporttypes "github.com/moby/buildkit/cache/remotecache/v1/types"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// The annotations in which BuildKit's exporter says of a layer what the index of a gha cache
// says itself (solver/result.go, util/compression).
const (
	diffIDAnnotation  = "containerd.io/uncompressed"
	createdAnnotation = "buildkit/createdat"
)

// Index returns the index of a cache with its layers and records, or why BuildKit cannot
// import it.
func (l *Layout) Index(c *reclaim.Cache) (*bkcache.Index, error) {
	for i := range l.tags {
		if t := &l.tags[i]; t.item == c.Head.ID {
			return t.index()
		}
	}
	return nil, fmt.Errorf("there is no tag %q", c.Scope)
}

func (t *tag) index() (*bkcache.Index, error) {
	switch {
	case t.err != nil:
		return nil, t.err
	case t.config == nil:
		return nil, fmt.Errorf("it is not a cache of BuildKit, or its config is missing")
	case len(t.config) > maxImported:
		return nil, fmt.Errorf("its config has %d bytes, and BuildKit imports no more than %d", len(t.config), maxImported)
	}
	var config cacheimporttypes.CacheConfig
	if err := json.Unmarshal(t.config, &config); err != nil {
		return nil, fmt.Errorf("decoding its config: %w", err)
	}
	for i := range config.Layers {
		layer := &config.Layers[i]
		layer.Annotations = annotations(t.blobs[layer.Blob.String()])
	}
	data, err := json.Marshal(config)
	if err != nil {
		return nil, err
	}
	index, err := bkcache.ParseIndex(data)
	if err != nil {
		return nil, err
	}
	index.Digest = t.documents[0]
	return index, nil
}

// annotations are what the index of a gha cache says of a layer. BuildKit leaves a layer out
// that its manifest does not list; the size is 0 then.
func annotations(desc ocispecs.Descriptor) *cacheimporttypes.LayerAnnotations {
	a := &cacheimporttypes.LayerAnnotations{
		MediaType: desc.MediaType, DiffID: digest.Digest(desc.Annotations[diffIDAnnotation]), Size: desc.Size,
	}
	if a.DiffID == "" {
		a.DiffID = desc.Digest // of a layer that is not compressed
	}
	if a.DiffID == "" {
		a.DiffID = "unknown"
	}
	if created, err := time.Parse(time.RFC3339, desc.Annotations[createdAnnotation]); err == nil {
		a.CreatedAt = created
	}
	return a
}

// Tags are the names of the tags, sorted.
func (l *Layout) Tags() []string {
	names := map[string]bool{}
	for i := range l.tags {
		names[l.tags[i].name] = true
	}
	return slices.Sorted(maps.Keys(names))
}
