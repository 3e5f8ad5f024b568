package bkcache

import (
	"errors"
	"fmt"

	cacheconfig "github.com/moby/buildkit/cache/remotecache/v1/types"
)

// noParent marks the lowest layer of a chain. BuildKit omits a parent of 0, so
// an absent parent means layer 0.
const noParent = -1

// check applies the conditions of BuildKit's importer (makeDescriptorProviderPair,
// ParseConfig). It also applies those of BuildKit's exporter, to layers that no
// record uses, too.
func check(config *cacheconfig.CacheConfig) error {
	for i, l := range config.Layers {
		if err := checkLayer(l, len(config.Layers)); err != nil {
			return fmt.Errorf("layer %d: %w", i, err)
		}
	}
	for i, r := range config.Records {
		if err := checkRecord(r, config); err != nil {
			return fmt.Errorf("record %d: %w", i, err)
		}
	}
	if i := findLoop(len(config.Layers), func(i int) []int {
		return []int{config.Layers[i].ParentIndex}
	}); i >= 0 {
		return fmt.Errorf("layer %d is its own ancestor", i)
	}
	if i := findLoop(len(config.Records), func(i int) []int {
		return links(config.Records[i])
	}); i >= 0 {
		return fmt.Errorf("record %d is its own input", i)
	}
	return nil
}

func checkLayer(l cacheconfig.CacheLayer, layers int) error {
	switch {
	case !validDigest(l.Blob.String()):
		return fmt.Errorf("blob %q is not a digest", l.Blob)
	case l.ParentIndex != noParent && !within(l.ParentIndex, layers):
		return fmt.Errorf("parent %d does not exist", l.ParentIndex)
	case l.Annotations == nil:
		return errors.New("no annotations")
	case l.Annotations.DiffID == "":
		return errors.New("no diffID")
	case l.Annotations.Size < 0:
		return fmt.Errorf("size %d is negative", l.Annotations.Size)
	}
	return nil
}

func checkRecord(r cacheconfig.CacheRecord, config *cacheconfig.CacheConfig) error {
	for _, result := range r.Results {
		if !within(result.LayerIndex, len(config.Layers)) {
			return fmt.Errorf("layer %d does not exist", result.LayerIndex)
		}
	}
	for _, chain := range r.ChainedResults {
		for _, layer := range chain.LayerIndexes {
			if !within(layer, len(config.Layers)) {
				return fmt.Errorf("layer %d does not exist", layer)
			}
		}
	}
	for i, alternatives := range r.Inputs {
		if len(alternatives) == 0 {
			return fmt.Errorf("input %d is empty", i)
		}
	}
	for _, link := range links(r) {
		if !within(link, len(config.Records)) {
			return fmt.Errorf("input record %d does not exist", link)
		}
	}
	return nil
}

func within(index, length int) bool { return index >= 0 && index < length }

// links returns the input records of r.
func links(r cacheconfig.CacheRecord) []int {
	var all []int
	for _, alternatives := range r.Inputs {
		for _, input := range alternatives {
			all = append(all, input.LinkIndex)
		}
	}
	return all
}

// findLoop returns a node of a loop, or -1. It ignores targets outside of the
// graph.
func findLoop(nodes int, targets func(int) []int) int {
	const open, done = 1, 2
	state := make([]uint8, nodes)
	var visit func(int) int
	visit = func(i int) int {
		if !within(i, nodes) || state[i] == done {
			return -1
		}
		if state[i] == open {
			return i
		}
		state[i] = open
		for _, t := range targets(i) {
			if looping := visit(t); looping >= 0 {
				return looping
			}
		}
		state[i] = done
		return -1
	}
	for i := range nodes {
		if looping := visit(i); looping >= 0 {
			return looping
		}
	}
	return -1
}
