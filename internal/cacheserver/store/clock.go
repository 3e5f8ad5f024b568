package store

import "time"

// steadiness tells whether the clock can be believed, because one that is set ahead by a week would evict everything.
// After a jump, ages count only once the clock has gone on from there for a while.
type steadiness struct {
	seen  time.Time // the last time looked at
	since time.Time // the jump before that, or long ago
}

// patience is for how long ages do not count after a jump.
func patience(age time.Duration) time.Duration { return min(time.Hour, age/24) }

// start begins with what the last process has left. If even the last use of any entry was too long ago, either nobody used
// the cache since or the clock is wrong.
func (c *steadiness) start(now time.Time, entries []Entry, age time.Duration) {
	c.seen, c.since = now, now.Add(-patience(age))
	var last time.Time
	for _, e := range entries {
		if e.Accessed.After(last) {
			last = e.Accessed
		}
	}
	if now.Sub(last) > age {
		c.since = now
	}
}

// steady looks at the clock. Jumps are seen by what the clock shows, and waited for by the time that really passed, where
// the system tells both.
func (c *steadiness) steady(now time.Time, age time.Duration) bool {
	gap := now.Round(0).Sub(c.seen.Round(0))
	c.seen = now
	if gap.Abs() > patience(age) {
		c.since = now
	}
	return now.Sub(c.since) >= patience(age)
}
