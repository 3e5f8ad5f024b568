package release

import (
	"os"
	"testing"
	"time"

	"golang.org/x/mod/semver"
)

// A release fixes pins to what was new at most this many days ago.
const maxAge = 120

func TestDataOfAReleaseIsFresh(t *testing.T) {
	refreshed, err := time.Parse(time.DateOnly, Refreshed)
	if err != nil {
		t.Fatal(err)
	}
	if os.Getenv("GHACACHE_RELEASE") == "" {
		t.Skip("only a release needs fresh data: make release sets GHACACHE_RELEASE=1")
	}
	if age := int(time.Since(refreshed).Hours() / 24); age > maxAge {
		t.Errorf("the newest versions and the tags of actions are %d days old, and may be %d: run make refresh", age, maxAge)
	}
}

func TestTheNewestReleasesSpeakVersion2(t *testing.T) {
	for newest, first := range map[string]string{NewestBuildx: Buildx, NewestBuildKit: Renewal, NewestEngine: Engine} {
		if semver.Compare(newest, first) < 0 {
			t.Errorf("the newest is %s, before %s", newest, first)
		}
	}
}
