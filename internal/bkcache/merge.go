package bkcache

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	cacheconfig "github.com/moby/buildkit/cache/remotecache/v1/types"
)

// Merge returns the content of an index with the layers and records of several. What several have alike, it has once.
// It returns an error for an index that [ParseIndex] refuses, for one with a field that this program does not know, because
// what that says might get lost, for indexes that BuildKit might not be able to have in one cache, see [united], and for more
// than 10,000 records, or too many that are alike, which BuildKit would take long to read.
func Merge(contents ...[]byte) ([]byte, error) {
	all := merger{layers: map[string]int{}, records: map[string]int{}}
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
		all.add(x.config)
	}
	if n := len(all.config.Records); n > maxMerged {
		return nil, fmt.Errorf("merging indexes: they have %d records", n)
	}
	records, err := united(all.config.Records)
	if err != nil {
		return nil, fmt.Errorf("merging indexes: %w", err)
	}
	if findLoop(len(records), func(i int) []int { return records[i] }) >= 0 {
		return nil, errors.New("merging indexes: a record would be its own input")
	}
	return json.Marshal(all.config)
}

const maxMerged = 10_000 // records

// merger collects layers and records.
type merger struct {
	config          cacheconfig.CacheConfig
	layers, records map[string]int // where they are, by all that they say
}

// add appends what is not there.
func (m *merger) add(x cacheconfig.CacheConfig) {
	layers, records := make([]int, len(x.Layers)), make([]int, len(x.Records))
	var place func(layer int) int
	place = func(layer int) int {
		if layer == noParent {
			return noParent
		}
		if layers[layer] == 0 { // all are one more, so that 0 is none
			l := x.Layers[layer]
			l.ParentIndex = place(l.ParentIndex)
			layers[layer] = m.placeLayer(l) + 1
		}
		return layers[layer] - 1
	}
	var link func(record int) int
	link = func(record int) int {
		if records[record] == 0 {
			r := x.Records[record]
			for i := range r.Results {
				r.Results[i].LayerIndex = place(r.Results[i].LayerIndex)
			}
			for _, c := range r.ChainedResults {
				for i := range c.LayerIndexes {
					c.LayerIndexes[i] = place(c.LayerIndexes[i])
				}
			}
			for _, alternatives := range r.Inputs {
				for i := range alternatives {
					alternatives[i].LinkIndex = link(alternatives[i].LinkIndex)
				}
			}
			records[record] = m.placeRecord(r) + 1
		}
		return records[record] - 1
	}
	for i := range x.Layers {
		place(i)
	}
	for i := range x.Records {
		link(i)
	}
}

func (m *merger) placeLayer(l cacheconfig.CacheLayer) int {
	key := fmt.Sprintf("%s %d %+v", l.Blob, l.ParentIndex, *l.Annotations)
	at, ok := m.layers[key]
	if !ok {
		at = len(m.config.Layers)
		m.layers[key] = at
		m.config.Layers = append(m.config.Layers, l)
	}
	return at
}

// placeRecord gives a record that is there, with the same digest and inputs, the results that it lacks.
func (m *merger) placeRecord(r cacheconfig.CacheRecord) int {
	says := []string{string(r.Digest)}
	for _, alternatives := range r.Inputs {
		var names []string
		for _, a := range alternatives {
			names = append(names, fmt.Sprintf("%q%d", a.Selector, a.LinkIndex))
		}
		slices.Sort(names)
		says = append(says, fmt.Sprint(slices.Compact(names)))
	}
	key := fmt.Sprintf("%q", says)
	at, ok := m.records[key]
	if !ok {
		at = len(m.config.Records)
		m.records[key] = at
		m.config.Records = append(m.config.Records, r)
		return at
	}
	known := &m.config.Records[at]
	for _, result := range r.Results {
		if !slices.ContainsFunc(known.Results, func(k cacheconfig.CacheResult) bool {
			return k.LayerIndex == result.LayerIndex && k.CreatedAt.Equal(result.CreatedAt)
		}) {
			known.Results = append(known.Results, result)
		}
	}
	for _, c := range r.ChainedResults {
		if !slices.ContainsFunc(known.ChainedResults, func(k cacheconfig.ChainedResult) bool {
			return slices.Equal(k.LayerIndexes, c.LayerIndexes) && k.CreatedAt.Equal(c.CreatedAt)
		}) {
			known.ChainedResults = append(known.ChainedResults, c)
		}
	}
	return at
}
