package localcache

import (
	"iter"
	"slices"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/reclaim"
)

// DefaultGrace is how old a file has to be that no manifest references, before it counts as
// left by an export that failed. No export writes layers for that long.
const DefaultGrace = time.Hour

// ForTag is the reason of what goes with a tag that the policy does not keep.
const ForTag reclaim.Reason = "tag"

// Exporting is the reason of what stays because an export may be under way.
const Exporting reclaim.Reason = "an export may be under way"

// Policy says what a plan deletes. The zero policy deletes what no manifest references.
type Policy struct {
	// KeepTag tells which tags stay; nil keeps all. The others are deleted with what only
	// they reference: all of them or, with KeepStorage, the least recently used ones until
	// the rest fits. Tags of images, and of anything else that is no cache, always stay.
	KeepTag     func(tag string) bool
	KeepStorage int64 // bytes of all files; 0 sets no limit
	// Grace protects files that no manifest references, and with KeepStorage tags, if they
	// were written within it. While there is such a file, nothing is deleted. Zero protects
	// nothing.
	Grace time.Duration
	// Replaced tells of digests that a manifest referenced at an earlier time. They were not
	// written by an export that is not over, so being young does not protect them. Nil: of none.
	Replaced func(digest string) bool
}

// Plan says what happens to each entry of a layout.
type Plan struct {
	Verdicts []reclaim.Verdict // by ID: one for each item
	Left     int64             // bytes of what stays; 0 without KeepStorage

	layout *Layout
	policy Policy
	at     time.Time
	busy   bool              // an export may be under way
	gone   map[int]bool      // tags that go, by their place in the layout
	files  []reclaim.Verdict // of each file; without an item
	places map[string]int    // of files in the layout, by digest
}

// NewPlan judges a layout that was read at or after the time now.
func NewPlan(l *Layout, policy Policy, now time.Time) *Plan {
	p := &Plan{layout: l, policy: policy, at: now}
	p.settle(func(t *tag) bool {
		return policy.KeepTag != nil && policy.KeepStorage == 0 && !policy.keeps(t)
	})
	if policy.KeepStorage > 0 {
		if !p.busy {
			p.evict()
		}
		p.Left = p.left()
	}
	p.conclude()
	return p
}

// keeps reports whether a tag stays whatever the limit.
func (p *Policy) keeps(t *tag) bool {
	return t.other || p.KeepTag != nil && p.KeepTag(t.name)
}

// settle decides about each file if these tags go. While an export may be under way, nothing
// goes: it may have found what no manifest references.
func (p *Plan) settle(goes func(*tag) bool) {
	p.gone = map[int]bool{}
	p.judge()
	p.busy = slices.ContainsFunc(p.files, func(v reclaim.Verdict) bool { return v.Reason == reclaim.Young })
	if p.busy {
		for i := range p.files {
			if p.files[i].Decision == reclaim.Delete {
				p.files[i] = reclaim.Verdict{Decision: reclaim.Keep, Reason: Exporting}
			}
		}
		return
	}
	for i := range p.layout.tags {
		p.gone[i] = goes(&p.layout.tags[i])
	}
	p.judge()
}

// judge decides about each file.
func (p *Plan) judge() {
	kept, going := map[string]bool{}, map[string]bool{}
	unread := false
	for i := range p.layout.tags {
		t := &p.layout.tags[i]
		set := kept
		if p.gone[i] {
			set = going
		} else if t.err != nil {
			unread = true
		}
		for digest := range t.digests() {
			set[digest] = true
		}
	}
	p.files, p.places = make([]reclaim.Verdict, len(p.layout.files)), map[string]int{}
	for i := range p.layout.files {
		f := &p.layout.files[i]
		p.places[f.digest] = i
		switch {
		case kept[f.digest]:
			p.files[i] = reclaim.Verdict{Decision: reclaim.Keep, Reason: reclaim.InUse}
		case unread:
			p.files[i] = reclaim.Verdict{Decision: reclaim.Unclear, Reason: reclaim.IndexUnread}
		case going[f.digest]:
			p.files[i] = reclaim.Verdict{Decision: reclaim.Delete, Class: reclaim.Proven, Reason: p.forTag()}
		case p.young(f.written) && (p.policy.Replaced == nil || !p.policy.Replaced(f.digest)):
			p.files[i] = reclaim.Verdict{Decision: reclaim.Keep, Reason: reclaim.Young}
		default:
			p.files[i] = reclaim.Verdict{Decision: reclaim.Delete, Class: reclaim.Proven, Reason: reclaim.ForUnreferenced}
		}
	}
}

// young reports whether the grace protects what was written at a time. The clock of a file
// server may go ahead, which a grace of zero does not protect either.
func (p *Plan) young(written time.Time) bool {
	return p.policy.Grace > 0 && written.After(p.at.Add(-p.policy.Grace))
}

func (p *Plan) forTag() reclaim.Reason {
	if p.policy.KeepStorage > 0 {
		return reclaim.ForStorage
	}
	return ForTag
}

// digests yields all that a tag references.
func (t *tag) digests() iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, digest := range t.documents {
			if !yield(digest) {
				return
			}
		}
		for _, l := range t.layers {
			if !yield(l.Digest) {
				return
			}
		}
	}
}

// evict lets tags go, the least recently used first, until the rest fits.
func (p *Plan) evict() {
	for _, i := range p.candidates() {
		if p.left() <= p.policy.KeepStorage {
			return
		}
		p.gone[i] = true
		p.judge()
	}
}

func (p *Plan) candidates() []int {
	used := map[int64]time.Time{}
	for i := range p.layout.Caches {
		c := &p.layout.Caches[i]
		used[c.Head.ID] = c.Used
	}
	var candidates []int
	for i := range p.layout.tags {
		t := &p.layout.tags[i]
		if !p.policy.keeps(t) && !p.young(p.layout.Items[t.item-1].Created) {
			candidates = append(candidates, i)
		}
	}
	slices.SortStableFunc(candidates, func(a, b int) int {
		return used[p.layout.tags[a].item].Compare(used[p.layout.tags[b].item])
	})
	return candidates
}

// left is how many bytes stay.
func (p *Plan) left() (bytes int64) {
	for i := range p.files {
		if p.files[i].Decision != reclaim.Delete {
			bytes += p.layout.files[i].size
		}
	}
	return bytes
}

// conclude makes the verdicts of files and tags those of the entries.
func (p *Plan) conclude() {
	p.Verdicts = make([]reclaim.Verdict, len(p.layout.Items))
	for i := range p.layout.files {
		p.Verdicts[p.layout.files[i].item-1] = p.files[i]
	}
	for i := range p.layout.tags {
		t := &p.layout.tags[i]
		v := reclaim.Verdict{Decision: reclaim.Keep, Reason: reclaim.InUse}
		switch {
		case p.gone[i]:
			v = reclaim.Verdict{Item: p.going(t), Decision: reclaim.Delete, Class: reclaim.Proven, Reason: p.forTag()}
		case p.policy.KeepStorage > 0 && p.Left > p.policy.KeepStorage && p.young(p.layout.Items[t.item-1].Created):
			v.Reason = reclaim.Young
		}
		p.Verdicts[t.item-1] = v
	}
	for i := range p.Verdicts {
		if p.Verdicts[i].Item == nil {
			p.Verdicts[i].Item = &p.layout.Items[i]
		}
	}
}

// going is the item of a tag that goes, without the documents that other tags keep.
func (p *Plan) going(t *tag) *reclaim.Item {
	item := p.layout.Items[t.item-1]
	for _, digest := range t.documents {
		if i, there := p.places[digest]; there && p.layout.files[i].item == t.item && p.files[i].Decision != reclaim.Delete {
			item.Size -= p.layout.files[i].size
		}
	}
	return &item
}

// Deletions yields the verdicts that delete: first those of tags, and then those of files.
func (p *Plan) Deletions() iter.Seq[*reclaim.Verdict] {
	return func(yield func(*reclaim.Verdict) bool) {
		for i := range p.Verdicts {
			if p.Verdicts[i].Decision == reclaim.Delete && !yield(&p.Verdicts[i]) {
				return
			}
		}
	}
}

// Deletes reports whether the plan deletes anything.
func (p *Plan) Deletes() bool {
	for range p.Deletions() {
		return true
	}
	return false
}

// Young is how many files make the plan delete nothing: no manifest references them, and an
// export may have written them just now.
func (p *Plan) Young() (files int) {
	for _, v := range p.files {
		if v.Reason == reclaim.Young {
			files++
		}
	}
	return files
}

// Waits reports whether the plan would delete more if no export could be under way.
func (p *Plan) Waits() bool {
	return slices.ContainsFunc(p.files, func(v reclaim.Verdict) bool { return v.Reason == Exporting })
}

// Totals returns what the plan comes to, as [reclaim.Totals] does.
func (p *Plan) Totals() []reclaim.Total { return reclaim.Totals(p.Verdicts) }

// References reports whether a manifest of the layout references a digest.
func (l *Layout) References() func(digest string) bool {
	all := map[string]bool{}
	for i := range l.tags {
		for digest := range l.tags[i].digests() {
			all[digest] = true
		}
	}
	return func(digest string) bool { return all[digest] }
}

// Forecast is the plan that deletes what no manifest references, in the form in which package
// reclaim tells how much that is of each tag.
func (l *Layout) Forecast(now time.Time) *reclaim.Plan {
	grace := DefaultGrace
	if NewPlan(l, Policy{Grace: grace}, now).busy {
		grace = forever
	}
	return reclaim.NewPlan(l.Analysis, reclaim.Policy{Grace: grace, Runs: bkcache.Runs{Asked: now}}, now)
}

const forever = 100 * 365 * 24 * time.Hour
