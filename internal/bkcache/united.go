package bkcache

import (
	"errors"
	"slices"

	cacheconfig "github.com/moby/buildkit/cache/remotecache/v1/types"
)

// united returns the inputs of each record once BuildKit has united all records that it may take for one (CacheChains.Add).
// Of united records, one has the inputs of all. If it is among them, BuildKit ends in an endless recursion.
//
// BuildKit adds one record after the other. It unites a record with all that have the same digest and, for each of its
// inputs, an alternative in common with it. What is united already counts as one record with the alternatives of all, so the
// next one may have one input in common with one of them, and another input with another. Which records BuildKit sees as one
// depends on their order and on chance; united takes all that it may.
func united(records []cacheconfig.CacheRecord) ([][]int, error) {
	u := newUnion(records)
	for changed := true; changed; {
		changed = u.pass()
		if u.steps > maxSteps {
			return nil, errAlike
		}
	}
	inputs := make([][]int, len(records))
	for i, r := range records {
		for _, link := range links(r) {
			inputs[u.find(i)] = append(inputs[u.find(i)], u.find(link))
		}
	}
	return inputs, nil
}

// maxSteps is about a second. Indexes of ten thousand records take a hundredth of it, unless somebody has made them to take
// time.
const maxSteps = 10_000_000

var errAlike = errors.New("too many records are alike")

// union knows which records are united: those of a class.
type union struct {
	inputs  [][][]source     // of each record
	parent  []int            // of each record, towards the one that stands for its class
	classes map[source][]int // in which a record has the source
	members map[member]bool  // the same
	steps   int
}

// source is an alternative of an input.
type source struct {
	digest, selector int // of the record that has the input; as numbers, which are compared faster than texts
	input            int
	link             int // the record that the input is
}

// member says that a record of the class has the source.
type member struct {
	source
	class int
}

func newUnion(records []cacheconfig.CacheRecord) *union {
	u := &union{inputs: make([][][]source, len(records)), parent: make([]int, len(records))}
	numbers := map[string]int{}
	number := func(text string) int {
		if _, ok := numbers[text]; !ok {
			numbers[text] = len(numbers)
		}
		return numbers[text]
	}
	for i, r := range records {
		u.parent[i] = i
		for k, alternatives := range r.Inputs {
			var sources []source
			for _, a := range alternatives {
				sources = append(sources, source{digest: number(string(r.Digest)), selector: number(a.Selector), input: k, link: a.LinkIndex})
			}
			u.inputs[i] = append(u.inputs[i], sources)
		}
	}
	return u
}

// find returns the record that stands for the class of record i.
func (u *union) find(i int) int {
	for u.parent[i] != i {
		u.parent[i] = u.parent[u.parent[i]]
		i = u.parent[i]
	}
	return i
}

// pass adds the records one after the other as BuildKit does, so that what follows from a union is found at once if the
// inputs of records come before them. Then it compares each record with all. It reports whether it has united any.
func (u *union) pass() (changed bool) {
	u.classes, u.members = map[source][]int{}, map[member]bool{}
	for i := range u.inputs {
		for _, sources := range u.inputs[i] {
			for k := range sources {
				sources[k].link = u.find(sources[k].link)
			}
		}
		changed = u.join(i) || changed
		u.add(i)
	}
	for i := range u.inputs {
		changed = u.join(i) || changed
	}
	return changed
}

// add notes the sources of record i as some of its class.
func (u *union) add(i int) {
	class := u.find(i)
	for _, sources := range u.inputs[i] {
		u.steps += len(sources)
		for _, s := range sources {
			if m := (member{s, class}); !u.members[m] {
				u.members[m] = true
				u.classes[s] = append(u.classes[s], class)
			}
		}
	}
}

// join unites record i with the classes that are known to have a source of each of its inputs. It reports whether there was
// one. It may miss one if another record was united in the same pass.
func (u *union) join(i int) (joined bool) {
	if len(u.inputs[i]) == 0 || u.steps > maxSteps {
		return false
	}
	rarest := slices.MinFunc(u.inputs[i], func(a, b []source) int { return u.candidates(a) - u.candidates(b) })
	for _, s := range rarest {
		// Classes that have become one are one candidate for the next record.
		u.classes[s] = slices.CompactFunc(u.classes[s], func(a, b int) bool { return u.find(a) == u.find(b) })
		for _, class := range u.classes[s] {
			u.steps++
			if u.find(class) != u.find(i) && u.has(class, u.inputs[i]) {
				u.unite(class, i)
				joined = true
			}
		}
	}
	return joined
}

// unite lets the first record stand for the class, under which others know it already.
func (u *union) unite(a, b int) {
	a, b = u.find(a), u.find(b)
	u.parent[max(a, b)] = min(a, b)
}

func (u *union) candidates(sources []source) (n int) {
	for _, s := range sources {
		n += len(u.classes[s])
	}
	return n
}

// has reports whether records of the class have a source of each of the inputs.
func (u *union) has(class int, inputs [][]source) bool {
	for _, sources := range inputs {
		u.steps += len(sources)
		if !slices.ContainsFunc(sources, func(s source) bool { return u.members[member{s, class}] }) {
			return false
		}
	}
	return true
}
