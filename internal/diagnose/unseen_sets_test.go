package diagnose_test

import (
	"os"
	"strings"
	"testing"
)

// The sets of excerpts that were committed with their causes before explain saw any of them. docs/explain.md has the
// first figures of each. What explain does with them since must not get worse.
var unseenSets = []struct {
	folder              string
	failures, unrelated int // at least so many excerpts, to tell anything
	right               int
}{
	{"unseen", 40, 25, 45},
	{"unseen2", 60, 40, 67},
	{"unseen3", 60, 50, 65},
	{"unseen4", 35, 25, 55},
	{"unseen5", 40, 40, 44},
	{"unseen6", 35, 35, 36},
	{"unseen7", 30, 40, 31},
	{"unseen8", 30, 40, 32},
	{"unseen9", 35, 30, 35},
	{"unseen10", 30, 40, 28},
	{"unseen11", 35, 35, 39},
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
			if fits.right < set.right || fits.alarms > 0 {
				t.Errorf("want at least %d right and no false alarm", set.right)
			}
			if fits.failures < set.failures || fits.unrelated < set.unrelated {
				t.Errorf("%d failures and %d unrelated ones are too few to tell", fits.failures, fits.unrelated)
			}
		})
	}
}

// thread is the address of an excerpt, as others may write it.
func thread(address string) string {
	return strings.ToLower(strings.TrimPrefix(address, "github.com/"))
}

// The sets are in the order of their collection. Neither they nor the excerpts of sampled.txt, which are not kept, may be known.
func TestUnseenSetsAreNotKnown(t *testing.T) {
	known := map[string]string{}
	for _, folder := range []string{"corpus", "widened*"} {
		for _, e := range inFolder(t, folder) {
			known[thread(e.thread)] = folder
		}
	}
	add := func(set, name, address string) {
		at := thread(address)
		if other, ok := known[at]; ok {
			t.Errorf("%s/%s: %s has this thread", set, name, other)
		}
		known[at] = set
	}
	for _, set := range unseenSets {
		for _, e := range inFolder(t, set.folder) {
			add(set.folder, e.name, e.thread)
		}
	}
	sampled, err := os.ReadFile("testdata/sampled.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(sampled)) {
		if words := strings.Fields(line); words[0] != "#" {
			add("sampled.txt", words[2], words[2])
		}
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
