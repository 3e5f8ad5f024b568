package reclaim

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
)

// Cache is what a scope keeps on a ref: its index in one or more versions, and the
// blobs that the head names. Signed and unsigned indexes make separate caches.
type Cache struct {
	Scope    string
	Ref      string
	Signed   bool
	Head     *Item // the newest version
	Versions int   // of the index
	// Err tells why the head could not be read. Layers, Size, Unique and Missing
	// then mean nothing.
	Err    error
	Layers int   // distinct layers that the head names, missing ones included
	Size   int64 // bytes of the head, its signature and the layers that are there
	// Unique is the part of Size that no other cache names. It means something only
	// if UniqueKnown: else an index that was not read could name part of it.
	Unique      int64
	UniqueKnown bool
	Missing     []bkcache.Layer // layers that the head names and no ref holds that it sees
	Created     time.Time       // of the head
	// Used is the last use by a build, or later. To read an index is a use as well, so its
	// layers tell: if the head was read, those that no other scope names or, if there are
	// none, all that it names. Else those that it could name, but the use of the index
	// itself if that was earlier, because a build reads the index before the layers.
	Used time.Time

	indexes []index
}

// summarize describes the caches. Indexes of one cache stand together.
func (a *Analysis) summarize() {
	current := a.graph.hold((*index).current)
	for indexes := range a.graph.caches() {
		a.Caches = append(a.Caches, a.newCache(indexes, current))
	}
}

func (a *Analysis) newCache(indexes []index, current *holds) Cache {
	head := &indexes[0]
	item := &a.Items[head.item]
	c := Cache{
		Scope: item.Key.Scope, Ref: item.Ref, Signed: item.Key.Signed, Head: item, Versions: len(indexes),
		Err: head.Err, Created: item.Created, Used: item.Created, indexes: indexes,
	}
	if head.Err == nil {
		c.measure(a, current)
	} else {
		c.Used = later(c.Used, a.lastUse(head))
	}
	return c
}

// measure fills in what follows from the head's content.
func (c *Cache) measure(a *Analysis, current *holds) {
	head := &c.indexes[0]
	c.Layers = len(head.Layers)
	c.UniqueKnown = true
	c.count(c.Head, a, current)
	for _, i := range a.graph.signatures[head.Digest] {
		if head.position(a.graph.ref[i]) >= 0 {
			c.count(&a.Items[i], a, current)
		}
	}
	var own, all time.Time
	for _, l := range head.Layers {
		i := a.graph.resolve(head, l.Digest)
		if i < 0 {
			c.Missing = append(c.Missing, l)
			continue
		}
		item := &a.Items[i]
		c.count(item, a, current)
		all = later(all, item.Used)
		if !item.Shared {
			own = later(own, item.Used)
		}
	}
	if own.IsZero() {
		own = all
	}
	c.Used = later(own, c.Created)
}

// lastUse returns when a build may have used an unread index last.
func (a *Analysis) lastUse(x *index) time.Time {
	var last time.Time
	refs := slices.Concat(x.sees, x.readers)
	for i := range a.Items {
		item := &a.Items[i]
		if item.Key.Kind == bkcache.KindLayer && (x.sees == nil || slices.Contains(refs, a.graph.ref[i])) {
			last = later(last, item.Used)
		}
	}
	if used := a.Items[x.item].Used; used.Before(last) {
		return used
	}
	return last
}

// count adds an item that the head stands for or names.
func (c *Cache) count(item *Item, a *Analysis, current *holds) {
	c.Size += item.Size
	if item.shared {
		return
	}
	c.Unique += item.Size
	if item != c.Head && c.strangers(a, current, item) > 0 {
		c.UniqueKnown = false
	}
}

// strangers returns how many unread indexes of other caches could name item.
func (c *Cache) strangers(a *Analysis, current *holds, item *Item) int32 {
	ref := a.graph.reach.ids[item.Ref]
	n := current.blindAll + current.blind[ref]
	for i := range c.indexes {
		if x := &c.indexes[i]; x.Err != nil && x.current() && (x.position(ref) >= 0 || slices.Contains(x.readers, ref)) {
			n--
		}
	}
	return n
}

// Heads identifies the heads of all caches, and the newest saved mounts. If it differs between two listings, a
// build has exported in between, and what was planned on the first no longer holds.
func (a *Analysis) Heads() string {
	sum := sha256.New()
	for i := range a.Caches {
		fmt.Fprintln(sum, a.Caches[i].Head.ID)
	}
	for i := range a.Items {
		if item := &a.Items[i]; a.mounts[item.mountOf()] == item {
			fmt.Fprintln(sum, item.ID)
		}
	}
	return hex.EncodeToString(sum.Sum(nil))
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
