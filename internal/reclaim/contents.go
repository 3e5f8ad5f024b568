package reclaim

import "github.com/docker-ghacache/docker-ghacache/internal/bkcache"

// Content is a layer that the head of a cache names.
type Content struct {
	bkcache.Layer
	Item *Item // the entry that a build would fetch; nil if there is none any more
	// Others holds the other caches that name the layer, as far as they were read.
	Others []*Cache
}

// Contents returns the layers of the head of c, which must be one of a.Caches, by
// digest; nothing where the head could not be read.
func (a *Analysis) Contents(c *Cache) []Content {
	if c.Err != nil {
		return nil
	}
	head := &c.indexes[0]
	contents := make([]Content, len(head.Layers))
	at := make(map[int32]*Content, len(head.Layers))
	for n, l := range head.Layers {
		contents[n].Layer = l
		if i := a.graph.resolve(head, l.Digest); i >= 0 {
			contents[n].Item = &a.Items[i]
			at[i] = &contents[n]
		}
	}
	for n := range a.graph.indexes {
		x := &a.graph.indexes[n]
		if x.cache == head.cache || !x.current() {
			continue
		}
		for i := range a.graph.references(x) {
			if content := at[i]; content != nil {
				content.addOther(&a.Caches[x.cache])
			}
		}
	}
	return contents
}

// addOther relies on the versions of a cache coming one after another.
func (c *Content) addOther(other *Cache) {
	if n := len(c.Others); n == 0 || c.Others[n-1] != other {
		c.Others = append(c.Others, other)
	}
}
