package migrate

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
)

// CacheIndex is an index of BuildKit as one cache service has it.
type CacheIndex struct {
	Key  string
	Data []byte
}

// CopyPlan says what is copied from one service to another. Layers come before the
// indexes that name them, so that an interruption leaves no index that points at
// nothing.
type CopyPlan struct {
	Layers []bkcache.Layer // each once
	Left   []LeftIndex
	There  []string // keys of indexes that the target has already

	indexes []plannedIndex
}

// LeftIndex is an index that is not copied.
type LeftIndex struct {
	Key    string   `json:"key"`
	Why    string   `json:"why"`
	Layers []string `json:"layers,omitempty"` // the digests that are to blame
}

type plannedIndex struct {
	key bkcache.Key
	CacheIndex
	*bkcache.Index
}

// PlanCopy plans to copy indexes and the layers that they name. There holds what
// the target has: the digest of its own index of each scope and ref, by the key up
// to "#". Gone holds the digests of layers that the source has no more; the indexes
// that need one are left.
//
// Nothing is ever replaced: builds on the target know better than the source.
func PlanCopy(indexes []CacheIndex, there map[string]string, gone map[string]bool) *CopyPlan {
	p := &CopyPlan{}
	indexes = slices.Clone(indexes)
	slices.SortFunc(indexes, func(a, b CacheIndex) int { return cmp.Compare(a.Key, b.Key) })
	indexes = slices.CompactFunc(indexes, func(a, b CacheIndex) bool { return a.Key == b.Key })
	for _, x := range indexes {
		p.add(x, there, gone)
	}
	seen := map[string]bool{}
	for _, x := range p.indexes {
		for _, l := range x.Layers {
			if !seen[l.Digest] {
				seen[l.Digest] = true
				p.Layers = append(p.Layers, l)
			}
		}
	}
	// The largest ones first: at the end there is none to wait for alone.
	slices.SortStableFunc(p.Layers, func(a, b bkcache.Layer) int { return cmp.Compare(b.Size, a.Size) })
	return p
}

func (p *CopyPlan) add(x CacheIndex, there map[string]string, gone map[string]bool) {
	key := bkcache.ParseKey(x.Key, bkcache.Version)
	content, err := bkcache.ParseIndex(x.Data)
	if err == nil && key.Kind != bkcache.KindIndex {
		err = errors.New("it is no index of BuildKit")
	}
	if err != nil {
		p.Left = append(p.Left, LeftIndex{Key: x.Key, Why: err.Error()})
		return
	}
	if digest, ok := there[Slot(x.Key)]; ok {
		if digest == content.Digest {
			p.There = append(p.There, x.Key)
		} else {
			p.Left = append(p.Left, LeftIndex{Key: x.Key, Why: "the target has an index of its own for that scope and ref"})
		}
		return
	}
	var missing []string
	for _, l := range content.Layers {
		if gone[l.Digest] {
			missing = append(missing, l.Digest)
		}
	}
	if missing != nil {
		p.Left = append(p.Left, LeftIndex{x.Key, "layers that it names are gone", missing})
		return
	}
	p.indexes = append(p.indexes, plannedIndex{key, x, content})
}

// Slot is what all indexes of a scope on a ref have in common: their key up to its
// number.
func Slot(key string) string { return key[:strings.LastIndexByte(key, '#')+1] }

// Indexes are the keys of the indexes to copy.
func (p *CopyPlan) Indexes() (keys []string) {
	for _, x := range p.indexes {
		keys = append(keys, x.Key)
	}
	return keys
}

// Bytes is the size of all layers.
func (p *CopyPlan) Bytes() (n int64) {
	for _, l := range p.Layers {
		n += l.Size
	}
	return n
}
