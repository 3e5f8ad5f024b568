package reclaim

import (
	"cmp"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
)

// planner makes the verdicts of a plan.
type planner struct {
	*Analysis
	policy Policy
	label  Reason // for what is deleted with a whole cache

	grace time.Time // what was created since is young
	guard *guard

	verdicts []Verdict
	kept     *holds   // of the indexes that stay
	unread   *exports // of those among them that were not read
	going    *holds   // of the indexes that go
	freedFor []Reason // by item: why a whole cache goes that is known to name the blob
}

func newPlanner(a *Analysis, policy Policy, now time.Time) *planner {
	p := &planner{
		Analysis: a, policy: policy, label: label(&policy),
		grace: now.Add(-policy.Grace), guard: a.graph.guard(policy.Runs, now.Add(-policy.Grace)),
		verdicts: make([]Verdict, len(a.Items)),
	}
	p.policy.KeepVersions = cmp.Or(policy.KeepVersions, CurrentVersions)
	if !policy.narrowed() && !policy.reasoned() && !policy.All && policy.KeepStorage == 0 {
		p.selectGarbage()
	}
	return p
}

func (p *planner) selectGarbage() {
	p.policy.Closed, p.policy.Superseded, p.policy.Unreferenced = true, true, true
}

func label(policy *Policy) Reason {
	switch {
	case policy.Entry != nil:
		return ForEntry
	case policy.Scope != nil:
		return ForScope
	case policy.Ref != nil:
		return ForRef
	case !policy.Until.IsZero():
		return ForUntil
	default:
		return ForAll
	}
}

// decide makes all verdicts: indexes first, because the blobs depend on them.
func (p *planner) decide() {
	p.freedFor = make([]Reason, len(p.Items))
	for i := range p.graph.indexes {
		x := &p.graph.indexes[i]
		p.verdicts[x.item] = p.decideIndex(x)
	}
	p.decideBlobs()
	for p.keepWithLayers() {
		p.decideBlobs()
	}
	p.decideMounts()
	for i := range p.Items {
		if item := &p.Items[i]; item.Key.Kind == bkcache.KindOther {
			p.verdicts[i] = p.decideOther(item)
		}
	}
}

func (p *planner) decideIndex(x *index) Verdict {
	item := &p.Items[x.item]
	reason := p.indexReason(x, item)
	switch {
	case reason == "":
		return Verdict{Item: item, Decision: Keep, Reason: p.spared(x, item)}
	case !x.genuine && !p.policy.Named():
		return Verdict{Item: item, Decision: Unclear, Reason: ForeignRef}
	case p.youth(x.item) != "" && !p.policy.Named():
		return Verdict{Item: item, Decision: Keep, Reason: p.youth(x.item)}
	}
	if reason == p.label && p.policy.whole() || reason == ForIncomplete {
		p.noteFreed(x, reason)
	}
	return p.deletion(item, reason)
}

func (p *planner) indexReason(x *index, item *Item) Reason {
	switch {
	case !p.policy.admitsRef(item.Ref), !p.policy.admitsScope(item.Scope):
		return ""
	case p.policy.whole():
		if p.policy.admitsTime(p.Caches[x.cache].Used) {
			return p.label
		}
	case !p.policy.admitsTime(item.Created), p.policy.Entry != nil && !p.policy.Entry(item.Entry):
		return ""
	case p.policy.Entry != nil:
		return ForEntry
	case p.policy.Closed && x.closed:
		return ForClosed
	case p.policy.Superseded && int(x.version) >= p.policy.KeepVersions:
		return ForSuperseded
	case p.policy.Unreferenced && x.dead, p.policy.Incomplete && len(p.Caches[x.cache].Missing) > 0:
		return ForIncomplete
	}
	return ""
}

// spared is why an index stays that there is no reason to delete.
func (p *planner) spared(x *index, item *Item) Reason {
	admitted := p.policy.admitsRef(item.Ref) && p.policy.admitsScope(item.Scope) && p.policy.admitsTime(item.Created)
	switch {
	case !p.policy.Superseded, p.policy.whole(), p.policy.Entry != nil, !admitted, !x.genuine:
		return NotSelected
	case x.version == 0:
		return Newest
	default:
		return KeptVersion
	}
}

// noteFreed notes that x, which goes with its whole cache, names its blobs. What an
// unread index could name is not known to be its own, and not noted.
func (p *planner) noteFreed(x *index, reason Reason) {
	for i := range p.graph.references(x) {
		if p.freedFor[i] == "" {
			p.freedFor[i] = reason
		}
	}
}

func (p *planner) decideBlobs() {
	stays := func(x *index) bool { return p.verdicts[x.item].Decision != Delete }
	p.kept, p.unread = p.graph.hold(stays), p.exports(stays)
	p.going = p.graph.hold(func(x *index) bool { return !stays(x) })
	for i := range p.Items {
		if p.Items[i].Key.Kind.Blob() {
			p.verdicts[i] = p.decideBlob(int32(i))
		}
	}
}

func (p *planner) decideBlob(i int32) Verdict {
	item := &p.Items[i]
	hold := p.kept.of(i)
	reason := p.blobReason(i)
	switch {
	case hold == referenced:
		return Verdict{Item: item, Decision: Keep, Reason: InUse}
	case reason == "":
		return Verdict{Item: item, Decision: Keep, Reason: NotSelected}
	case hold == unknown && p.unread.mayReference(i):
		return Verdict{Item: item, Decision: Unclear, Reason: IndexUnread}
	case p.young(item) && !p.namedBy(reason):
		return Verdict{Item: item, Decision: Keep, Reason: Young}
	case p.guard.young(item, p.graph.ref[i]):
		return Verdict{Item: item, Decision: Keep, Reason: Needed}
	}
	v := p.deletion(item, reason)
	if hold == unknown {
		v.Class, v.Doubt = Likely, IndexUnread
	}
	return v
}

// blobReason returns why the blob may go if no index needs it. A scope narrows blobs to
// those that an index which goes could name: others may be another scope's.
func (p *planner) blobReason(i int32) Reason {
	item := &p.Items[i]
	switch {
	case !p.policy.admitsRef(item.Ref), p.policy.Entry != nil && !p.policy.Selects(item):
		return ""
	case p.policy.Scope == nil && (p.policy.Entry != nil || p.policy.whole() && p.policy.Until.IsZero()):
		return p.label
	case p.freedFor[i] != "", p.policy.Entry != nil:
		return p.freedFor[i]
	case p.policy.whole() && p.going.of(i) != unreferenced:
		return ForUnreferenced
	case !p.policy.admitsTime(later(item.Created, item.Used)):
		return ""
	case p.policy.whole() && p.policy.Scope == nil:
		return ForUnreferenced
	case p.policy.Closed && p.graph.reach.closed[p.graph.ref[i]]:
		return ForClosed
	case p.policy.Superseded && p.going.of(i) == referenced:
		return ForSuperseded
	case p.policy.Unreferenced:
		return ForUnreferenced
	}
	return ""
}

// namedBy reports whether the user named the blob that goes for reason. A blob that
// nobody names may be one that the index of a running export is about to name.
func (p *planner) namedBy(reason Reason) bool {
	switch reason {
	case ForUnreferenced:
		return false
	case ForClosed:
		return p.policy.Ref != nil
	default:
		return p.policy.Named()
	}
}

func (p *planner) decideOther(item *Item) Verdict {
	if p.policy.Scope == nil && p.policy.Selects(item) && (p.policy.Entry != nil || p.policy.All && p.policy.Other) {
		return p.deletion(item, p.label)
	}
	return Verdict{Item: item, Decision: Keep, Reason: OtherTool}
}

// youth is the reason to keep an item that is young; empty if it is not.
func (p *planner) youth(i int32) Reason {
	switch item := &p.Items[i]; {
	case p.young(item):
		return Young
	case p.guard.young(item, p.graph.ref[i]):
		return Needed
	}
	return ""
}

// young reports whether a job that nobody knows of may have created the item.
func (p *planner) young(item *Item) bool { return item.Created.After(p.grace) }

func (p *planner) deletion(item *Item, reason Reason) Verdict {
	v := Verdict{Item: item, Decision: Delete, Reason: reason}
	if reason == ForClosed {
		v.Detail = p.graph.reach.refs.Closed[item.Ref]
	}
	return v
}
