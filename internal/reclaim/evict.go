package reclaim

import (
	"cmp"
	"slices"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
)

// counted reports whether the limit counts the item of a verdict.
func (p *planner) counted(v *Verdict) bool {
	return p.policy.admitsRef(v.Ref) && (v.Key.Kind != bkcache.KindOther || p.policy.Other)
}

// leaves reports whether the item of a verdict is sure enough to go.
func (p *planner) leaves(v *Verdict) bool {
	return v.Decision == Delete && (p.policy.Likely || p.class(v) == Proven)
}

// size returns the bytes of what stays, as far as the limit counts it.
func (p *planner) size() int64 {
	var total int64
	for i := range p.verdicts {
		if v := &p.verdicts[i]; p.counted(v) && !p.leaves(v) {
			total += v.Size
		}
	}
	return total
}

// evictable is a cache, a saved mount, or an entry of another tool.
type evictable struct {
	used  time.Time
	id    int64
	cache *Cache
	item  int
}

// evict deletes the least recently used caches until the rest is within the limit,
// or no cache is left that may go.
func (p *planner) evict() {
	excess := p.size() - p.policy.KeepStorage
	for _, e := range p.evictable() {
		switch {
		case excess <= 0:
			return
		case e.cache != nil:
			excess -= p.evictCache(e.cache)
		case p.young(&p.Items[e.item]):
		case p.Items[e.item].Key.Kind == bkcache.KindMount:
			excess -= p.evictMount(e.item)
		default:
			p.verdicts[e.item] = p.deletion(&p.Items[e.item], ForStorage)
			excess -= p.Items[e.item].Size
		}
	}
}

// evictable returns what the policy admits and stays so far, least recently used first.
func (p *planner) evictable() []evictable {
	var found []evictable
	for i := range p.Caches {
		c := &p.Caches[i]
		stays := slices.ContainsFunc(c.indexes, func(x index) bool { return p.verdicts[x.item].Decision != Delete })
		if stays && p.policy.admitsScope(c.Scope) && p.policy.admitsRef(c.Ref) && p.policy.admitsTime(c.Used) {
			found = append(found, evictable{used: c.Used, id: c.Head.ID, cache: c})
		}
	}
	for i := range p.verdicts {
		v, used := &p.verdicts[i], later(p.Items[i].Created, p.Items[i].Used)
		alone := v.Key.Kind == bkcache.KindOther || v.Key.Kind == bkcache.KindMount && v.Decision != Delete
		if alone && p.counted(v) && p.policy.Scope == nil && p.policy.admitsTime(used) {
			found = append(found, evictable{used: used, id: v.ID, item: i})
		}
	}
	slices.SortFunc(found, func(a, b evictable) int { return cmp.Or(a.used.Compare(b.used), cmp.Compare(a.id, b.id)) })
	return found
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
		if youth := p.youth(x.item); youth != "" && !p.policy.Named() {
			return p.spare(c, Keep, youth)
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
		v := &p.verdicts[c.indexes[i].item]
		switch v.Reason {
		case NotSelected, Newest, KeptVersion:
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
			hold := p.kept.of(i)
			doubtful := hold == unknown || p.guard.class(p.graph.ref[i]) == Likely
			if hold == unknown && p.unread.mayReference(i) || hold != referenced && doubtful && !p.policy.Likely {
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
			if p.leaves(&p.verdicts[i]) {
				continue
			}
			if p.verdicts[i] = p.decideBlob(i); p.leaves(&p.verdicts[i]) {
				bytes += p.Items[i].Size
			}
		}
	}
	return bytes
}
