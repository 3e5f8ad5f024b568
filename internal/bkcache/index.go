package bkcache

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	cacheconfig "github.com/moby/buildkit/cache/remotecache/v1/types"
)

// Layer is a blob that an index references, with its size in bytes.
type Layer struct {
	Digest string
	Size   int64
}

// Index is the content of an index entry.
type Index struct {
	// Digest is the sha256 of the index's bytes, "sha256:" included. A signature
	// of this digest belongs to the index.
	Digest string
	// Layers holds each blob that the index names once, by digest. An index
	// without layers is valid: BuildKit writes one when nothing was exported.
	Layers []Layer

	config cacheconfig.CacheConfig
}

// ParseIndex decodes and checks an index. Like BuildKit, it ignores unknown fields.
// The result does not refer to data.
func ParseIndex(data []byte) (*Index, error) {
	var config *cacheconfig.CacheConfig
	if err := json.Unmarshal(data, &config); err != nil {
		return nil, fmt.Errorf("decoding index: %w", err)
	}
	if config == nil {
		return nil, fmt.Errorf("decoding index: want an object, have null")
	}
	if err := check(config); err != nil {
		return nil, fmt.Errorf("checking index: %w", err)
	}
	sum := sha256.Sum256(data)
	return &Index{
		Digest: "sha256:" + hex.EncodeToString(sum[:]),
		Layers: distinctLayers(config.Layers),
		config: *config,
	}, nil
}

// Records returns how many cache keys the index holds.
func (x *Index) Records() int { return len(x.config.Records) }

// distinctLayers drops the repetitions of blobs that stand on several parents.
func distinctLayers(all []cacheconfig.CacheLayer) []Layer {
	layers := make([]Layer, len(all))
	for i, l := range all {
		layers[i] = Layer{Digest: l.Blob.String(), Size: l.Annotations.Size}
	}
	slices.SortStableFunc(layers, func(a, b Layer) int { return cmp.Compare(a.Digest, b.Digest) })
	layers = slices.CompactFunc(layers, func(a, b Layer) bool { return a.Digest == b.Digest })
	return slices.Clip(layers)
}
