package reclaim

import (
	"cmp"
	"slices"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
)

// size returns the bytes of what stays, as far as the limit counts it.
func (p *planner) size() int64 {
	var total int64
	for i := range p.verdicts {
		if v := &p.verdicts[i]; v.Decision != Delete && v.Key.Kind != bkcache.KindOther && p.policy.admitsRef(v.Ref) {
			total += v.Size
		}
	}
	return total
}

// evict deletes the least recently used caches until the rest is within the limit,
// or no cache is left that may go.
func (p *planner) evict() {
	excess := p.size() - p.policy.KeepStorage
	for _, c := range p.evictable() {
		if excess <= 0 {
			return
		}
		excess -= p.evictCache(c)
	}
}

// evictable returns the caches that the policy admits and that have an index which
// stays so far, least recently used first.
func (p *planner) evictable() []*Cache {
	var caches []*Cache
	for i := range p.Caches {
		c := &p.Caches[i]
		stays := slices.ContainsFunc(c.indexes, func(x index) bool { return p.verdicts[x.item].Decision != Delete })
		if stays && p.policy.admitsScope(c.Scope) && p.policy.admitsRef(c.Ref) && p.policy.admitsTime(c.touched) {
			caches = append(caches, c)
		}
	}
	slices.SortFunc(caches, func(a, b *Cache) int {
		return cmp.Or(a.touched.Compare(b.touched), cmp.Compare(a.Head.ID, b.Head.ID))
	})
	return caches
}

// evictCache deletes the indexes of c that stay so far and returns the bytes that
// go with them. It returns 0 if c has to stay.
func (p *planner) evictCache(c *Cache) int64 {
	var staying []*index
	for i := range c.indexes {
		x := &c.indexes[i]
		if p.verdicts[x.item].Decision == Delete {
			continue
		}
		if item := &p.Items[x.item]; (p.young(item) || p.guard.young(item, p.graph.ref[x.item])) && !p.policy.named() {
			return p.spare(c, Keep, Young)
		}
		staying = append(staying, x)
	}
	for _, x := range staying {
		p.kept.add(x, -1)
	}
	if p.gainKnown(staying) {
		return p.drop(staying)
	}
	for _, x := range staying {
		p.kept.add(x, 1)
	}
	return p.spare(c, Unclear, GainUnknown)
}

// spare tells why the indexes of c stay for which there is no reason yet, and
// returns the 0 bytes that this gains.
func (p *planner) spare(c *Cache, decision Decision, reason Reason) int64 {
	for i := range c.indexes {
		if v := &p.verdicts[c.indexes[i].item]; v.Reason == NotSelected {
			v.Decision, v.Reason = decision, reason
		}
	}
	return 0
}

// gainKnown reports whether it is known what becomes free with indexes that no
// longer count. Without, a good cache could go and its layers stay.
func (p *planner) gainKnown(gone []*index) bool {
	for _, x := range gone {
		if x.Err != nil || !x.genuine {
			return false
		}
		for i := range p.graph.references(x) {
			if p.kept.of(i) == unknown {
				return false
			}
		}
	}
	return true
}

// drop deletes indexes that no longer count, and returns their bytes and those of
// the blobs that this frees.
func (p *planner) drop(gone []*index) int64 {
	var bytes int64
	for _, x := range gone {
		item := &p.Items[x.item]
		p.verdicts[x.item] = p.deletion(item, ForStorage)
		bytes += item.Size
		p.noteFreed(x, ForStorage)
		for i := range p.graph.references(x) {
			if before := p.verdicts[i].Decision; before != Delete {
				p.verdicts[i] = p.decideBlob(i)
				if p.verdicts[i].Decision == Delete {
					bytes += p.Items[i].Size
				}
			}
		}
	}
	return bytes
}
