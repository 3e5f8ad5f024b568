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
	before, had := map[string]int{}, map[string][]usage{}
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
		s.t.Logf("%s: %s in the first round, %s in the middle, %s at the end; %d goroutines after one build each, %d after all",
			d.name, all[0], earlier, last, before[d.name], after)
		if last.files > earlier.files+8 || after > before[d.name]+8 || last.threads > earlier.threads+8 || last.memory > earlier.memory+max(earlier.memory/4, 16<<10) {
			s.t.Errorf("%s grows: %v", d.name, all)
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

// most is the largest of each, one after the other.
func most(all []usage) usage {
	by := func(field func(usage) int) int {
		return field(slices.MaxFunc(all, func(a, b usage) int { return cmp.Compare(field(a), field(b)) }))
	}
	return usage{by(func(u usage) int { return u.files }), by(func(u usage) int { return u.memory }), by(func(u usage) int { return u.threads })}
}
