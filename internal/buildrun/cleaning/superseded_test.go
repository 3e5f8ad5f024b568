package cleaning

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
)

func TestLayersThatAnotherBuildMayHaveFoundStay(t *testing.T) {
	began := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC) // by the clock of the service
	const ahead = 5 * time.Second                         // this machine's clock
	for name, c := range map[string]struct{ asked, other, want time.Time }{
		"a build that GitHub does not list began with this one, in the same job": {asked: began.Add(time.Minute), want: began},
		"the clock of the service may show less than it does, so less counts":    {asked: began.Add(-time.Minute), want: began.Add(-time.Minute)},
		"a service lists no runs, and this build is alone":                       {want: began},
		"another build began before this one and is under way": {
			asked: began.Add(time.Minute), other: began.Add(ahead - time.Hour), want: began.Add(-time.Hour),
		},
		"another build began after this one": {other: began.Add(ahead + time.Second), want: began},
	} {
		t.Run(name, func(t *testing.T) {
			cleaner := &cleaner{began: began, Build: Build{Started: began.Add(ahead), OldestOther: func() time.Time { return c.other }}}
			if got := cleaner.careful(bkcache.Runs{Asked: c.asked}); !got.Asked.Equal(c.want) {
				t.Errorf("asked at %s, want %s", got.Asked, c.want)
			}
		})
	}
}

func TestBuildsSeeEachOther(t *testing.T) {
	u := underway{filepath.Join(t.TempDir(), "builds")}
	noon := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	seenByFirst, leaveFirst := u.enter(noon)
	if other := seenByFirst(); !other.IsZero() {
		t.Errorf("alone, a build sees one of %s", other)
	}
	seenBySecond, leaveSecond := u.enter(noon.Add(time.Minute))
	if other := seenBySecond(); !other.Equal(noon) {
		t.Errorf("the second build sees one of %s", other)
	}
	if other := seenByFirst(); !other.Equal(noon.Add(time.Minute)) {
		t.Errorf("the first build sees one of %s", other)
	}
	killed := filepath.Join(u.dir, fileName(noon.Add(-time.Hour))) // its process has no lock any more
	if err := os.WriteFile(killed, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	leaveFirst()
	if other := seenBySecond(); !other.IsZero() {
		t.Errorf("after the first build, the second sees one of %s", other)
	}
	leaveSecond()
	if left, err := os.ReadDir(u.dir); err != nil || len(left) != 0 {
		t.Errorf("left are %v, error %v", left, err)
	}
}

func TestABuildThatCannotSeeOthersCountsThem(t *testing.T) {
	blocked := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	start := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	oldest, leave := underway{filepath.Join(blocked, "builds")}.enter(start)
	defer leave()
	if other := oldest(); !other.Before(start) {
		t.Errorf("the oldest other build is of %s", other)
	}
}
