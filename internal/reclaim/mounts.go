package reclaim

import (
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
)

// Saved cache mounts need no index: their keys tell which mount an entry has, and which older entries it builds on.

// mountOf identifies a saved mount on a ref.
type mountOf struct{ ref, platform, mount string }

// mountPart identifies an entry that others build on. It can be on another ref than they are.
type mountPart struct{ platform, mount, id string }

// mountHeads returns the newest entry of each saved mount on each ref.
func mountHeads(items []Item) map[mountOf]*Item {
	heads := map[mountOf]*Item{}
	for i := range items {
		item := &items[i]
		if item.Key.Kind != bkcache.KindMount {
			continue
		}
		of := item.mountOf()
		if head := heads[of]; head == nil || !item.Created.Before(head.Created) { // of the same time, the later ID
			heads[of] = item
		}
	}
	return heads
}

func (i *Item) mountOf() mountOf { return mountOf{i.Ref, i.Key.Platform, i.Key.Mount} }

func (i *Item) mountPart() mountPart { return mountPart{i.Key.Platform, i.Key.Mount, i.Key.MountID} }

// mountParts returns what those of the heads need that count.
func mountParts(heads map[mountOf]*Item, counts func(*Item) bool) map[mountPart]bool {
	parts := map[mountPart]bool{}
	for _, head := range heads {
		if head.Key.Packs == "" || !counts(head) {
			continue
		}
		for id := range strings.SplitSeq(head.Key.Packs, ".") {
			parts[mountPart{head.Key.Platform, head.Key.Mount, id}] = true
		}
	}
	return parts
}

// judgeMounts sets the states of saved mounts.
func (a *Analysis) judgeMounts() {
	a.mounts = mountHeads(a.Items)
	closed := func(i *Item) bool { return a.graph.reach.closed[a.graph.reach.ids[i.Ref]] }
	needed := mountParts(a.mounts, func(head *Item) bool { return !closed(head) })
	for i := range a.Items {
		item := &a.Items[i]
		if item.Key.Kind != bkcache.KindMount {
			continue
		}
		switch {
		case needed[item.mountPart()]:
			item.State = Live
		case closed(item):
			item.State = Closed
		case a.mounts[item.mountOf()] == item:
			item.State = Live
		default:
			item.State = Superseded
		}
	}
}

// decideMounts decides about the newest entries first, because others are kept for them.
func (p *planner) decideMounts() {
	for _, head := range p.mounts {
		p.decideMount(head)
	}
	needed := mountParts(p.mounts, func(head *Item) bool {
		i, _ := p.find(head.ID)
		return p.verdicts[i].Decision != Delete
	})
	for i := range p.Items {
		item := &p.Items[i]
		switch {
		case item.Key.Kind != bkcache.KindMount:
		case needed[item.mountPart()]:
			p.verdicts[i] = Verdict{Item: item, Decision: Keep, Reason: InUse}
		case p.mounts[item.mountOf()] != item:
			p.decideMount(item)
		}
	}
}

func (p *planner) decideMount(item *Item) {
	i, _ := p.find(item.ID)
	reason := p.mountReason(item)
	switch {
	case reason == "":
		p.verdicts[i] = Verdict{Item: item, Decision: Keep, Reason: p.sparedMount(item)}
	case !p.policy.Named() && p.young(item), reason == ForSuperseded && p.recent(item):
		p.verdicts[i] = Verdict{Item: item, Decision: Keep, Reason: Young}
	default:
		p.verdicts[i] = p.deletion(item, reason)
	}
}

// sparedMount is why a saved mount stays that there is no reason to delete.
func (p *planner) sparedMount(item *Item) Reason {
	if p.policy.Superseded && p.policy.Scope == nil && p.policy.Selects(item) && p.mounts[item.mountOf()] == item {
		return Newest
	}
	return NotSelected
}

// recent reports whether a build that is under way may have found an entry as the newest, and be about to build on it.
func (p *planner) recent(item *Item) bool {
	since := p.grace
	if asked := p.guard.asked; p.policy.Grace == 0 && !asked.IsZero() {
		since = asked
	}
	return p.mounts[item.mountOf()].Created.After(since)
}

func (p *planner) mountReason(item *Item) Reason {
	used := later(item.Created, item.Used)
	switch {
	case p.policy.Scope != nil, !p.policy.admitsRef(item.Ref), !p.policy.admitsTime(used):
		return ""
	case p.policy.Entry != nil:
		if !p.policy.Entry(item.Entry) {
			return ""
		}
		return p.label
	case p.policy.whole():
		return p.label
	case p.policy.Closed && item.State == Closed:
		return ForClosed
	case p.policy.Superseded && item.State == Superseded:
		return ForSuperseded
	}
	return ""
}

// evictMount deletes a saved mount for the sake of the limit, unless a newer entry needs it, and returns its bytes.
func (p *planner) evictMount(i int) int64 {
	item := &p.Items[i]
	needed := mountParts(p.mounts, func(head *Item) bool {
		at, _ := p.find(head.ID)
		return p.verdicts[at].Decision != Delete
	})
	if needed[item.mountPart()] {
		return 0
	}
	p.verdicts[i] = p.deletion(item, ForStorage)
	return item.Size
}
