package diagnose_test

import (
	"strings"
	"testing"
)

// The sets of excerpts that were committed with their causes before explain saw any of them. docs/explain.md has the
// first figures of each. What explain does with them since must not get worse.
var unseenSets = []struct {
	folder              string
	failures, unrelated int // at least so many excerpts, to tell anything
	right, alarms       int
	earlier             []string // whose threads it must not have
}{
	{"unseen2", 60, 40, 67, 0, []string{"corpus", "unseen"}},
	{"unseen3", 60, 50, 65, 0, []string{"corpus", "unseen", "widened*", "unseen2"}},
	{"unseen4", 35, 25, 55, 0, []string{"corpus", "unseen", "widened*", "unseen2", "unseen3"}},
	{"unseen5", 40, 40, 44, 0, []string{"corpus", "unseen", "widened*", "unseen2", "unseen3", "unseen4"}},
	{"unseen6", 35, 35, 36, 0, []string{"corpus", "unseen", "widened*", "unseen2", "unseen3", "unseen4", "unseen5"}},
	{"unseen7", 30, 40, 31, 0, []string{"corpus", "unseen", "widened*", "unseen2", "unseen3", "unseen4", "unseen5", "unseen6"}},
	{"unseen8", 30, 40, 32, 0, []string{"corpus", "unseen", "widened*", "unseen2", "unseen3", "unseen4", "unseen5", "unseen6", "unseen7"}},
	{"unseen9", 35, 30, 35, 0, []string{"corpus", "unseen", "widened*", "unseen2", "unseen3", "unseen4", "unseen5", "unseen6", "unseen7", "unseen8"}},
}

func inFolder(t *testing.T, folder string) []excerpt {
	t.Helper()
	return excerpts(t, "testdata/"+folder+"/*.txtar")
}

// Those failures that no cause of the catalogue fits are counted apart: the nearest one is what would help most.
func TestUnseenSets(t *testing.T) {
	for _, set := range unseenSets {
		t.Run(set.folder, func(t *testing.T) {
			var fits, noCode tally
			var wrong, noCodeWrong int
			for _, e := range inFolder(t, set.folder) {
				c, w := &fits, &wrong
				if strings.HasSuffix(e.name, " no-code") {
					c, w = &noCode, &noCodeWrong
				}
				got := explain(t, e.text)
				if c.count(e, got) {
					continue
				}
				t.Logf("%s: got %v", e.name, ids(got))
				if e.want != "none" && len(got) > 0 {
					*w++
					if w == &wrong && got[0].Cause.Certain {
						t.Errorf("%s: %s is no certainty", e.name, got[0].Cause.ID)
					}
				}
			}
			t.Logf("right %d, wrong %d, silent %d; false alarms %d of %d",
				fits.right, wrong, fits.failures-fits.right-wrong, fits.alarms, fits.unrelated)
			t.Logf("of %d that no cause fits: the nearest %d, another %d, silent %d",
				noCode.failures, noCode.right, noCodeWrong, noCode.failures-noCode.right-noCodeWrong)
			if fits.right < set.right || fits.alarms > set.alarms {
				t.Errorf("want at least %d right and at most %d false alarms", set.right, set.alarms)
			}
			if fits.failures < set.failures || fits.unrelated < set.unrelated {
				t.Errorf("%d failures and %d unrelated ones are too few to tell", fits.failures, fits.unrelated)
			}
		})
	}
}

func TestUnseenSetsAreNotKnown(t *testing.T) {
	for _, set := range unseenSets {
		t.Run(set.folder, func(t *testing.T) {
			known := map[string]bool{}
			for _, folder := range set.earlier {
				for _, e := range inFolder(t, folder) {
					known[strings.ToLower(e.thread)] = true
				}
			}
			for _, e := range inFolder(t, set.folder) {
				thread := strings.ToLower(e.thread)
				if known[thread] {
					t.Errorf("%s: one of %s has this thread, or it is here twice", e.name, set.earlier)
				}
				known[thread] = true
			}
		})
	}
}

func TestUnseenSetsSayWhatTheirCauseRestsOn(t *testing.T) {
	for _, set := range unseenSets {
		t.Run(set.folder, func(t *testing.T) {
			for _, e := range inFolder(t, set.folder) {
				words := strings.Fields(e.name)
				if len(words) < 3 || words[2] != "thread" && words[2] != "text" {
					t.Errorf("%s: neither thread nor text", e.name)
				}
				e.inCatalogue(t)
			}
		})
	}
}
