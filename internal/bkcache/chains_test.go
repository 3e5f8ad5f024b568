package bkcache

import (
	"maps"

	cacheconfig "github.com/moby/buildkit/cache/remotecache/v1/types"
)

// item and add are CacheChains of BuildKit v0.33.1 without results: importing it takes modules that the program does not
// need. Which of several items remains is left to the order of a map there, too.
type item struct {
	digest   string
	children map[under]map[*item]bool
	parents  map[parent]bool
}

type under struct {
	digest, selector string
	input            int
}

type parent struct {
	*item
	input int
}

// add is CacheChains.Add for a record with inputs.
func add(r cacheconfig.CacheRecord, items []*item) *item {
	as := func(input int, a cacheconfig.CacheInput) under { return under{string(r.Digest), a.Selector, input} }
	var alike map[*item]bool
	for i, alternatives := range r.Inputs {
		candidates := map[*item]bool{}
		for _, a := range alternatives {
			maps.Copy(candidates, items[a.LinkIndex].children[as(i, a)])
		}
		if i == 0 {
			alike = candidates
		}
		maps.DeleteFunc(alike, func(it *item, _ bool) bool { return !candidates[it] })
	}
	var main *item
	for it := range alike {
		if main == nil {
			main = it
			continue
		}
		for u, children := range it.children {
			if main.children[u] == nil {
				main.children[u] = map[*item]bool{}
			}
			for child := range children {
				main.children[u][child] = true
				for p := range maps.Clone(child.parents) {
					if p.item == it {
						delete(child.parents, p)
						child.parents[parent{main, p.input}] = true
					}
				}
			}
		}
	}
	below := map[*item]bool{}
	if main == nil {
		main = &item{string(r.Digest), map[under]map[*item]bool{}, map[parent]bool{}}
	} else {
		main.walk(below)
	}
	for i, alternatives := range r.Inputs {
		for _, a := range alternatives {
			source := items[a.LinkIndex]
			if below[source] {
				continue
			}
			if source.children[as(i, a)] == nil {
				source.children[as(i, a)] = map[*item]bool{}
			}
			source.children[as(i, a)][main] = true
			main.parents[parent{source, i}] = true
		}
	}
	return main
}

func (it *item) walk(seen map[*item]bool) {
	if seen[it] {
		return
	}
	seen[it] = true
	for _, children := range it.children {
		for child := range children {
			child.walk(seen)
		}
	}
}

// buildKitLoops reads an index as v1.Parse does, and reports whether an item has become its own input.
func buildKitLoops(config cacheconfig.CacheConfig) bool {
	items := make([]*item, len(config.Records))
	var read func(i int)
	read = func(i int) {
		r := config.Records[i]
		for _, link := range links(r) {
			if items[link] == nil {
				read(link)
			}
		}
		switch {
		case items[i] != nil:
		case len(r.Inputs) == 0:
			items[i] = &item{string(r.Digest), map[under]map[*item]bool{}, map[parent]bool{}}
		default:
			items[i] = add(r, items)
		}
	}
	for i := range items {
		read(i)
	}
	numbers := map[*item]int{}
	var all []*item
	for _, it := range items {
		seen := map[*item]bool{}
		it.walk(seen)
		for it := range seen {
			if _, ok := numbers[it]; !ok {
				numbers[it] = len(all)
				all = append(all, it)
			}
		}
	}
	return findLoop(len(all), func(i int) (to []int) {
		for p := range all[i].parents {
			to = append(to, numbers[p.item])
		}
		return to
	}) >= 0
}
