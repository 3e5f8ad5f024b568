package reclaim

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
)

// The oracle judges by the definition, entry by entry and on refs as text: it shares
// no code with the planner.

// jobReads returns the refs that the token of a job on ref reads, and whether these
// are known to be all.
func jobReads(ref string, refs bkcache.Refs) ([]string, bool) {
	if refs.Default == "" || !strings.HasPrefix(ref, "refs/") {
		return nil, false
	}
	reads := []string{ref, refs.Default}
	if base, ok := refs.Bases[ref]; ok {
		return append(reads, base), true
	}
	pull := strings.HasPrefix(ref, "refs/pull/")
	if m := regexp.MustCompile(`^refs/heads/gh-readonly-queue/(.*)/pr-[^/]*$`).FindStringSubmatch(ref); m != nil {
		return append(reads, "refs/heads/"+m[1]), true
	}
	return reads, !pull
}

// sees reports whether an index could name blobs on ref.
func (w *world) sees(x knownIndex, ref string) bool {
	if x.keyRef != x.Ref || !strings.HasPrefix(ref, "refs/") {
		return true
	}
	reads, all := jobReads(x.Ref, w.refs)
	return !all || slices.Contains(reads, ref)
}

// names reports whether x, read or not, truly names the blob.
func (w *world) names(x knownIndex, b knownBlob) bool {
	if b.signature && x.digest != b.digest || !b.signature && !slices.Contains(x.names, b.digest) {
		return false
	}
	return w.sees(x, b.Ref) || w.readFrom(x, b.Ref) && !slices.ContainsFunc(w.blobs, func(other knownBlob) bool {
		return other.Key == b.Key && w.sees(x, other.Ref)
	})
}

// readFrom reports whether a job on ref, which is open, could read x.
func (w *world) readFrom(x knownIndex, ref string) bool {
	reads, all := jobReads(ref, w.refs)
	return !w.closed(ref) && !w.left[ref] && (!all || slices.Contains(reads, x.Ref))
}

// couldName reports whether x could name the blob as far as was read.
func (w *world) couldName(x knownIndex, b knownBlob) bool {
	if !x.read {
		return w.sees(x, b.Ref) || w.readFrom(x, b.Ref)
	}
	return w.names(x, b)
}

// leave returns the world as it counts for who wants everything gone that the policy
// admits: on a ref that only jobs on such refs read, it is theirs to lose.
func (w *world) leave(p Policy) *world {
	named := p.All || p.Ref != nil && !p.Closed && !p.Superseded && !p.Unreferenced && !p.Incomplete && p.KeepStorage == 0 && p.Entry == nil
	goes := func(ref string) bool { return p.Ref == nil || p.Ref(ref) }
	others := []string{}
	for _, e := range w.entries {
		others = append(others, e.Ref)
	}
	for _, run := range p.Runs.Runs {
		others = append(others, run.Refs...)
	}
	left := *w
	left.left = map[string]bool{}
	for _, e := range w.entries {
		left.left[e.Ref] = named && p.Scope == nil && p.Until.IsZero() && goes(e.Ref) && (strings.HasPrefix(e.Ref, "refs/pull/") ||
			!w.readElsewhere(e.Ref, slices.DeleteFunc(slices.Clone(others), goes)))
	}
	return &left
}

// readElsewhere reports whether a job on another ref than its own may read what is on ref.
func (w *world) readElsewhere(ref string, others []string) bool {
	for pull, base := range w.refs.Bases {
		if _, closed := w.refs.Closed[pull]; !closed && base == ref {
			return true
		}
	}
	return w.refs.Default == "" || ref == w.refs.Default || !strings.HasPrefix(ref, "refs/") || slices.ContainsFunc(others, func(other string) bool {
		reads, all := jobReads(other, w.refs)
		return other != ref && !w.closed(other) && (!all || slices.Contains(reads, ref))
	})
}

// exportedWith reports whether the export that wrote x may have looked b up or uploaded it.
func (w *world) exportedWith(x knownIndex, b knownBlob) bool {
	const job, skew = 6 * time.Hour, time.Minute
	begun, ended := x.Created.Add(-job), x.Created.Add(skew)
	if b.signature {
		ended = x.Created.Add(job)
	}
	used := later(b.Used, b.Created)
	if b.Created.After(ended) || used.Before(begun) {
		return false
	}
	elsewhere := x.keyRef == x.Ref && strings.HasPrefix(b.Ref, "refs/") && x.Ref != b.Ref
	_, all := jobReads(x.Ref, w.refs)
	return !elsewhere || !all || used.After(b.Created)
}

// newer counts the versions of the same cache that were created after x.
func (w *world) newer(x knownIndex) int {
	n := 0
	for _, y := range w.indexes {
		same := y.scope == x.scope && y.Ref == x.Ref && y.signed == x.signed && y.keyRef == x.keyRef
		if same && (y.Created.After(x.Created) || y.Created.Equal(x.Created) && y.ID > x.ID) {
			n++
		}
	}
	return n
}

// closed reports whether ref is closed and neither the default branch nor the base of
// an open pull request.
func (w *world) closed(ref string) bool {
	if _, ok := w.refs.Closed[ref]; !ok || ref == w.refs.Default {
		return false
	}
	for pull, base := range w.refs.Bases {
		if _, closed := w.refs.Closed[pull]; !closed && base == ref {
			return false
		}
	}
	return true
}

// current reports whether x is neither superseded nor to be told.
func (w *world) current(x knownIndex) bool { return w.newer(x) < 2 || x.keyRef != x.Ref }

// dead reports whether no layer is left of any version that counts of x's cache.
func (w *world) dead(x knownIndex) bool {
	for _, y := range w.indexes {
		same := y.scope == x.scope && y.Ref == x.Ref && y.signed == x.signed && y.keyRef == x.keyRef
		if same && (y.keyRef != y.Ref || y.read && len(y.names) == 0 && w.newer(y) == 0 || slices.ContainsFunc(w.blobs, func(b knownBlob) bool {
			return w.couldName(y, b) && (!y.read || !b.signature)
		})) {
			return false
		}
	}
	return w.current(x)
}

// incomplete reports whether the head of x's cache was read and names a layer that no ref
// holds which it sees.
func (w *world) incomplete(x knownIndex) bool {
	for _, y := range w.indexes {
		same := y.scope == x.scope && y.Ref == x.Ref && y.signed == x.signed && y.keyRef == x.keyRef
		if !same || w.newer(y) > 0 || !y.read {
			continue
		}
		return slices.ContainsFunc(y.names, func(name string) bool {
			return !slices.ContainsFunc(w.blobs, func(b knownBlob) bool { return !b.signature && b.digest == name && w.sees(y, b.Ref) })
		})
	}
	return false
}

// broken returns indexes, read or not, that point at a blob which was there before
// and of which no copy that they see is left.
func (w *world) broken(gone map[int64]bool) []knownIndex {
	var broken []knownIndex
	for _, x := range w.indexes {
		if gone[x.ID] {
			continue
		}
		before, after := map[string]bool{}, map[string]bool{}
		for _, b := range w.blobs {
			if w.names(x, b) && (x.read || w.exportedWith(x, b)) {
				before[b.Key] = true
				after[b.Key] = after[b.Key] || !gone[b.ID]
			}
		}
		for key := range before {
			if !after[key] {
				broken = append(broken, x)
			}
		}
	}
	return broken
}
