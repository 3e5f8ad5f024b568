package reclaim

import (
	"slices"
	"strings"
)

// reach interns refs and knows which of them a job on each can read.
type reach struct {
	refs    Refs
	ids     map[string]int32
	visible [][]int32 // by ref, in the order of the job's look-ups; nil: any
	closed  []bool
	bases   map[string]bool // the bases of open pull requests
}

func newReach(refs Refs) *reach {
	r := &reach{refs: refs, ids: map[string]int32{}, bases: map[string]bool{}}
	for ref, base := range refs.Bases {
		if _, closed := refs.Closed[ref]; !closed {
			r.bases[base] = true
		}
	}
	return r
}

// id interns ref, and the refs that a job on it can read.
func (r *reach) id(ref string) int32 {
	if id, ok := r.ids[ref]; ok {
		return id
	}
	id := int32(len(r.ids))
	r.ids[ref] = id
	_, closed := r.refs.Closed[ref]
	r.closed = append(r.closed, closed && ref != r.refs.Default && !r.bases[ref])
	r.visible = append(r.visible, nil)
	r.visible[id] = r.visibleFrom(id, ref)
	return id
}

func (r *reach) visibleFrom(id int32, ref string) []int32 {
	base, known := r.refs.Bases[ref]
	if r.refs.Default == "" || !known && hasBase(ref) {
		return nil
	}
	refs := []int32{id}
	if known {
		refs = append(refs, r.id(base))
	}
	if main := r.id(r.refs.Default); !slices.Contains(refs, main) {
		refs = append(refs, main)
	}
	return refs
}

// hasBase reports whether jobs on ref read another branch beside the default one.
func hasBase(ref string) bool {
	return strings.HasPrefix(ref, "refs/pull/") || strings.HasPrefix(ref, "refs/heads/gh-readonly-queue/")
}
