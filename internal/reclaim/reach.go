package reclaim

import (
	"slices"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/github"
)

// reach interns refs and knows which of them a job on each can read.
type reach struct {
	refs     bkcache.Refs
	ids      map[string]int32
	visible  [][]int32 // by ref, in the order of the job's look-ups; nil: any
	closed   []bool
	bases    map[string]bool // the bases of open pull requests
	unplaced []int32         // what is no full ref, so that any job could read it
}

func newReach(refs bkcache.Refs, items []Item) *reach {
	r := &reach{refs: refs, ids: map[string]int32{}, bases: map[string]bool{}}
	for ref, base := range refs.Bases {
		if _, closed := refs.Closed[ref]; !closed {
			r.bases[base] = true
		}
	}
	for i := range items {
		ref := items[i].Ref
		if _, known := r.ids[ref]; !known && !placed(ref) {
			r.unplaced = append(r.unplaced, r.id(ref))
		}
	}
	return r
}

func placed(ref string) bool { return strings.HasPrefix(ref, "refs/") }

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
	names, known := r.reads(ref)
	if !known {
		return nil
	}
	refs := []int32{id}
	for _, name := range names[1:] {
		if other := r.id(name); !slices.Contains(refs, other) {
			refs = append(refs, other)
		}
	}
	return append(refs, r.unplaced...)
}

// reads returns the full refs that a job on ref reads, in the order of its look-ups,
// and whether they are known.
func (r *reach) reads(ref string) (refs []string, known bool) {
	base, based := r.base(ref)
	if r.refs.Default == "" || !placed(ref) || based && base == "" {
		return nil, false
	}
	if refs = append(refs, ref); based {
		refs = append(refs, base)
	}
	return append(refs, r.refs.Default), true
}

// base returns the branch that jobs on ref read beside the default one, if there is
// one; it is empty if that is not known.
func (r *reach) base(ref string) (base string, based bool) {
	const queue = "refs/heads/gh-readonly-queue/"
	if base, based = r.refs.Bases[ref]; based {
		return base, true
	}
	if entry, ok := strings.CutPrefix(ref, queue); ok {
		if i := strings.LastIndex(entry, "/pr-"); i > 0 { // BASE/pr-NUMBER-SHA
			base = github.Branch(entry[:i])
		}
		return base, true
	}
	return "", strings.HasPrefix(ref, "refs/pull/")
}

// readers returns the open refs beyond those that ref itself sees on which a job reads
// ref. Such a job fetches what an index of ref names from its own ref, too.
func (r *reach) readers(ref int32) []int32 {
	var readers []int32
	for reader, visible := range r.visible {
		reads := visible == nil || slices.Contains(visible, ref)
		if reads && !r.closed[reader] && !slices.Contains(r.visible[ref], int32(reader)) {
			readers = append(readers, int32(reader))
		}
	}
	return readers
}
