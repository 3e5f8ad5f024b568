package e2e

import (
	"cmp"
	"os"
	"slices"
	"time"
)

// rounds is how often growth looks at the programs.
const rounds = 6

// growth builds in rounds of the same length, with faults and without kills. What the programs have must not grow.
func (s *soak) growth(lasts time.Duration) {
	s.t.Helper()
	s.restart()
	s.round(0)
	before, had := map[string]map[string]int{}, map[string][]usage{}
	for _, d := range s.own() {
		before[d.name] = d.goroutines(s.t)
	}
	s.restart()
	for range rounds {
		s.round(lasts / rounds)
		for _, d := range s.own() {
			had[d.name] = append(had[d.name], d.usage(s.t))
		}
	}
	for _, d := range s.own() {
		all := had[d.name]
		earlier, last := most(all[rounds/3:rounds*2/3]), most(all[rounds*2/3:])
		after := d.goroutines(s.t)
		more := grown(before[d.name], after)
		s.t.Logf("%s: %s in the first round, %s in the middle, %s at the end; more goroutines than after one build each: %v",
			d.name, all[0], earlier, last, more)
		if last.files > earlier.files+8 || sum(more) > 8 || last.threads > earlier.threads+8 || last.memory > earlier.memory+max(earlier.memory/4, 16<<10) {
			s.t.Errorf("%s grows: %v; goroutines %v", d.name, all, after)
		}
		check(s.t, d.up())
	}
}

// own are the programs of this project that stay, the service first.
func (s *soak) own() []*daemon { return []*daemon{s.service, s.relay} }

// restart ends the service and the relay as an operator does, and starts them again.
func (s *soak) restart() {
	s.t.Helper()
	for _, d := range slices.Backward(s.own()) {
		check(s.t, d.end(os.Interrupt))
	}
	for _, d := range s.own() {
		check(s.t, d.up())
	}
}

// round has each worker build for so long, and at least once, and waits until the programs have closed what they opened for it.
func (s *soak) round(lasts time.Duration) {
	s.t.Helper()
	s.buildFor(lasts)
	for _, d := range s.own() {
		files, since := 0, time.Now()
		within(10*time.Second, func() bool {
			if now := d.usage(s.t).files; now != files {
				files, since = now, time.Now()
			}
			return time.Since(since) > time.Second
		})
	}
}

// grown is what there is more of after than before.
func grown(before, after map[string]int) map[string]int {
	more := map[string]int{}
	for what, n := range after {
		if n > before[what] {
			more[what] = n - before[what]
		}
	}
	return more
}

func sum(counts map[string]int) (n int) {
	for _, c := range counts {
		n += c
	}
	return n
}

// most is the largest of each, one after the other.
func most(all []usage) usage {
	by := func(field func(usage) int) int {
		return field(slices.MaxFunc(all, func(a, b usage) int { return cmp.Compare(field(a), field(b)) }))
	}
	return usage{by(func(u usage) int { return u.files }), by(func(u usage) int { return u.memory }), by(func(u usage) int { return u.threads })}
}
