package bkcache

import (
	"bytes"
	"encoding/json"
	"fmt"

	cacheconfig "github.com/moby/buildkit/cache/remotecache/v1/types"
)

// Merge returns the content of an index with the layers and records of several. BuildKit takes records with the same
// digest and inputs for one, with the results of all. It returns an error for an index that [ParseIndex] refuses, and for
// one with a field that this program does not know, because what that says might get lost.
func Merge(contents ...[]byte) ([]byte, error) {
	var all cacheconfig.CacheConfig
	for _, data := range contents {
		x, err := ParseIndex(data)
		if err != nil {
			return nil, err
		}
		strict := json.NewDecoder(bytes.NewReader(data))
		strict.DisallowUnknownFields()
		if err := strict.Decode(&cacheconfig.CacheConfig{}); err != nil {
			return nil, fmt.Errorf("merging indexes: %w", err)
		}
		layers, records := len(all.Layers), len(all.Records)
		for _, l := range x.config.Layers {
			if l.ParentIndex != noParent {
				l.ParentIndex += layers
			}
			all.Layers = append(all.Layers, l)
		}
		for _, r := range x.config.Records {
			shift(r, layers, records)
			all.Records = append(all.Records, r)
		}
	}
	return json.Marshal(all)
}

// shift makes a record refer to layers and records that have moved.
func shift(r cacheconfig.CacheRecord, layers, records int) {
	for i := range r.Results {
		r.Results[i].LayerIndex += layers
	}
	for _, c := range r.ChainedResults {
		for i := range c.LayerIndexes {
			c.LayerIndexes[i] += layers
		}
	}
	for _, alternatives := range r.Inputs {
		for i := range alternatives {
			alternatives[i].LinkIndex += records
		}
	}
}
