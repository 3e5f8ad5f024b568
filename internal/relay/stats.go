package relay

import (
	"sync"
	"time"
)

// counts are the statistics of a relay.
type counts struct {
	now func() time.Time

	mu       sync.Mutex
	stats    Stats
	used     map[name]bool // layers that indexes have referenced
	uploads  stopwatch
	throttle stopwatch
}

// stopwatch measures the time in which at least one of several things is under way.
type stopwatch struct {
	running int
	since   time.Time
	total   time.Duration
}

func (s *stopwatch) start(now time.Time) {
	if s.running++; s.running == 1 {
		s.since = now
	}
}

func (s *stopwatch) stop(now time.Time) {
	if s.running--; s.running == 0 {
		s.total += now.Sub(s.since)
	}
}

func (s *stopwatch) elapsed(now time.Time) time.Duration {
	if s.running > 0 {
		return s.total + now.Sub(s.since)
	}
	return s.total
}

func (c *counts) during(s *stopwatch) (done func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s.start(c.now())
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		s.stop(c.now())
	}
}

func (c *counts) sending() (done func()) { return c.during(&c.uploads) }
func (c *counts) waiting() (done func()) { return c.during(&c.throttle) }

func (c *counts) change(f func(s *Stats)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f(&c.stats)
}

func (c *counts) layer(size int64) { c.change(func(s *Stats) { s.Layers++; s.Sent += size }) }
func (c *counts) index(size int64) { c.change(func(s *Stats) { s.Indexes++; s.Sent += size }) }
func (c *counts) failed()          { c.change(func(s *Stats) { s.Failed++ }) }
func (c *counts) throttled()       { c.change(func(s *Stats) { s.Throttled++ }) }
func (c *counts) read(n int64)     { c.change(func(s *Stats) { s.Reads++; s.Read += n }) }

func (c *counts) kept(n int64) {
	c.change(func(s *Stats) { s.Reads++; s.Read += n; s.Local += n })
}

// needed counts a layer that an index references, and that this relay has sent or not.
func (c *counts) needed(n name, sent bool) {
	c.change(func(s *Stats) {
		if !c.used[n] && !sent {
			s.Reused++
		}
		c.used[n] = true
	})
}

func (c *counts) all() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.stats
	s.Sending, s.Waited = c.uploads.elapsed(c.now()), c.throttle.elapsed(c.now())
	return s
}
