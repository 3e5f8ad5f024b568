package diagnose_test

import "testing"

// How the excerpts of testdata/unseen are judged since the catalogue learned from them. docs/explain.md has the first run. It
// must not get worse.
const (
	unseenRight  = 45
	unseenAlarms = 0
)

func TestUnseenExcerpts(t *testing.T) {
	var c tally
	wrong := 0
	for _, e := range excerpts(t, "testdata/unseen/*.txtar") {
		got := explain(t, e.text)
		if c.count(e, got) {
			continue
		}
		t.Logf("%s: got %v", e.name, ids(got))
		if e.want != "none" && len(got) > 0 {
			wrong++
			if got[0].Cause.Certain {
				t.Errorf("%s: %s is no certainty", e.name, got[0].Cause.ID)
			}
		}
	}
	t.Logf("right %d, wrong %d, silent %d; false alarms %d of %d", c.right, wrong, c.failures-c.right-wrong, c.alarms, c.unrelated)
	if c.failures < 40 || c.unrelated < 25 {
		t.Errorf("%d failures and %d unrelated ones are too few to tell", c.failures, c.unrelated)
	}
	if c.right < unseenRight || c.alarms > unseenAlarms {
		t.Errorf("want at least %d right and at most %d false alarms", unseenRight, unseenAlarms)
	}
}

func TestUnseenExcerptsAreNotInTheCorpus(t *testing.T) {
	known := map[string]bool{}
	for _, e := range corpus(t) {
		known[e.thread] = true
	}
	for _, e := range excerpts(t, "testdata/unseen/*.txtar") {
		if known[e.thread] {
			t.Errorf("%s: the corpus has this thread", e.name)
		}
	}
}
