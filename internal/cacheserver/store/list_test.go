package store

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// BenchmarkList lists as many entries as there may be, right after one of them was used. ms-locked is for how long nobody
// else gets at the store.
func BenchmarkList(b *testing.B) {
	c := newClock()
	s := openLimited(b, b.TempDir(), c, 1<<30)
	for i := range int64(maxEntries) {
		s.entries.add(&Entry{Name: Name{Ref: "main", Version: "v", Key: fmt.Sprintf("key-%08x", rand.Uint32())}, ID: i + 1, Size: rand.Int64N(9), Created: c.now, Accessed: c.now})
		c.now = c.now.Add(time.Millisecond)
	}
	for name, q := range map[string]Query{"by use": {}, "by size": {Order: BySize}, "by key": {Prefix: "key-0"}} {
		b.Run(name, func(b *testing.B) {
			var locked time.Duration
			for b.Loop() {
				s.listed = nil
				start := time.Now()
				s.listing(q)
				locked += time.Since(start)
				s.List(q)
			}
			b.ReportMetric(float64(locked.Milliseconds())/float64(b.N), "ms-locked/op")
		})
	}
}
