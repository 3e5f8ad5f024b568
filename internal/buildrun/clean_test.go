package buildrun

import (
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
)

func TestLayersThatAnotherBuildMayHaveFoundStay(t *testing.T) {
	began := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct{ asked, want time.Time }{
		"a build that GitHub does not list began with this one, in the same job":    {began.Add(time.Minute), began},
		"the clock of the service may show less than it does, so less counts":       {began.Add(-time.Minute), began.Add(-time.Minute)},
		"where nobody lists runs, another build has exported since before this one": {time.Time{}, began.Add(-time.Hour)},
	} {
		t.Run(name, func(t *testing.T) {
			got := (&cleaner{began: began}).careful(bkcache.Runs{Asked: c.asked})
			if !got.Asked.Equal(c.want) {
				t.Errorf("asked at %s, want %s", got.Asked, c.want)
			}
		})
	}
}
