package reclaim

import (
	"flag"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// More than the usual number is for changes of what is deleted: -schedules 100000.
var (
	schedules   = flag.Int("schedules", 3_000, "how many schedules of builds and prune are tried")
	oneSchedule = flag.Uint64("schedule", 0, "the only schedule to try")
)

// TestPruneDeletesNothingThatAnIndexReferences is the promise of the package. It lets builds and a prune of what is proven
// take turns at every step.
func TestPruneDeletesNothingThatAnIndexReferences(t *testing.T) {
	deletions, indexes := everySchedule(t, false, func(s *schedule) bool { return len(s.broken()) > 0 })
	if !t.Failed() && (deletions == 0 || indexes == 0) {
		t.Errorf("%d deletions, %d indexes: nothing was tried", deletions, indexes)
	}
}

// TestWhatIsLikelyIsMissedByFew has prune delete what is likely, too. Then an index can
// reference what is deleted if its build had a listing, or looked the layer up between
// the last glance and the deletion; and in no other case.
func TestWhatIsLikelyIsMissedByFew(t *testing.T) {
	var listings, windows atomic.Int64
	everySchedule(t, true, func(s *schedule) bool {
		for _, on := range s.broken() {
			switch {
			case on.listing:
				listings.Add(1)
			case !on.at.Before(s.deleted[on.id]):
				windows.Add(1)
			default:
				return true
			}
		}
		return false
	})
	t.Logf("%d by listings, %d in the window", listings.Load(), windows.Load())
}

func everySchedule(t *testing.T, likely bool, wrong func(*schedule) bool) (deletions, indexes int64) {
	first, count := uint64(1), uint64(*schedules)
	if *oneSchedule > 0 {
		first, count = *oneSchedule, 1
	}
	var next, failed, deleted, written atomic.Uint64
	var wait sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			for failed.Load() == 0 {
				n := next.Add(1) - 1
				if n >= count {
					return
				}
				margin := time.Duration(n%3/2) * time.Minute
				s := newSchedule(first+n, newModel(margin))
				s.traced = *oneSchedule > 0
				s.play(t, likely)
				deleted.Add(uint64(len(s.deleted)))
				written.Add(uint64(len(s.written)))
				if wrong(s) {
					failed.Add(1)
					t.Errorf("schedule %d, which -schedule tells step by step:\n%s\n%+v", first+n, strings.Join(s.trace, "\n"), s.broken())
				}
			}
		})
	}
	wait.Wait()
	t.Logf("%d schedules, %d deletions, %d indexes", count, deleted.Load(), written.Load())
	return int64(deleted.Load()), int64(written.Load())
}

// play lets builds work for a while, then prune one or two times, and all of them end.
func (s *schedule) play(t *testing.T, likely bool) {
	for range s.random.IntN(40) {
		s.step()
		if s.one(10) {
			s.time = s.time.Add(time.Duration(s.random.IntN(600)) * time.Second)
		}
	}
	for range 1 + s.random.IntN(2) {
		s.steps = 0
		if err := s.prune(t.Context(), likely); err != nil && err != errRestless { //nolint:errorlint // returned as it is
			t.Error(err)
		}
	}
	s.steps = 0
	for len(s.builds) > 0 && s.steps < 400 {
		s.step()
	}
}
