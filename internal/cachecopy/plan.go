package cachecopy

import (
	"cmp"
	"errors"
	"slices"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
)

// Index is an index of BuildKit as one cache service has it.
type Index struct {
	Key  string
	Data []byte
}

// Plan is what to copy from one service to another. Layers come before the indexes
// that reference them, so that an interruption leaves no index with missing layers.
type Plan struct {
	Layers []bkcache.Layer // each once
	Left   []Left
	There  []string // keys of indexes that the target has already

	indexes []plannedIndex
}

// Left is an index that is not copied.
type Left struct {
	Key    string   `json:"key"`
	Why    string   `json:"why"`
	Layers []string `json:"layers,omitempty"` // the digests that are to blame
}

type plannedIndex struct {
	Index
	content *bkcache.Index
}

// NewPlan plans to copy indexes and the layers that they reference. There is what
// the target has: the digest of its own index of each scope and ref, by the key up
// to "#". Gone has the digests of layers that the source has evicted; indexes that
// need one are not copied.
//
// Nothing is replaced, because builds on the target have newer indexes than the
// source.
func NewPlan(indexes []Index, there map[string]string, gone map[string]bool) *Plan {
	p := &Plan{}
	indexes = slices.Clone(indexes)
	slices.SortFunc(indexes, func(a, b Index) int { return cmp.Compare(a.Key, b.Key) })
	indexes = slices.CompactFunc(indexes, func(a, b Index) bool { return a.Key == b.Key })
	for _, x := range indexes {
		p.add(x, there, gone)
	}
	seen := map[string]bool{}
	for _, x := range p.indexes {
		for _, l := range x.content.Layers {
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

func (p *Plan) add(x Index, there map[string]string, gone map[string]bool) {
	key := bkcache.ParseKey(x.Key, bkcache.Version)
	content, err := bkcache.ParseIndex(x.Data)
	if err == nil && key.Kind != bkcache.KindIndex {
		err = errors.New("it is not an index of BuildKit")
	}
	if err != nil {
		p.Left = append(p.Left, Left{Key: x.Key, Why: err.Error()})
		return
	}
	if digest, ok := there[Slot(x.Key)]; ok {
		if digest == content.Digest {
			p.There = append(p.There, x.Key)
		} else {
			p.Left = append(p.Left, Left{Key: x.Key, Why: "the target has an index of its own for that scope and ref"})
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
		p.Left = append(p.Left, Left{x.Key, "layers that it names are gone", missing})
		return
	}
	p.indexes = append(p.indexes, plannedIndex{x, content})
}

// Bytes is the size of all layers.
func (p *Plan) Bytes() (n int64) {
	for _, l := range p.Layers {
		n += l.Size
	}
	return n
}
