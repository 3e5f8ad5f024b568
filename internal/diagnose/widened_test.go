package diagnose_test

import (
	"slices"
	"testing"
)

// widened are excerpts with which the catalogue was widened after it was written, of threads that nobody else cites.
func widened(t testing.TB) []excerpt { return excerpts(t, "testdata/widened/*.txtar") }

func TestWidenedExcerpts(t *testing.T) {
	var c tally
	for _, e := range widened(t) {
		got := explain(t, e.text)
		if !c.count(e, got) {
			t.Logf("%s: got %v", e.name, ids(got))
		}
		e.inCatalogue(t)
	}
	c.report(t, "what the catalogue was widened with")
	if c.right < c.failures || c.alarms > 0 || c.failures < 66 || c.unrelated < 55 {
		t.Errorf("%d of %d right, %d alarms in %d others: want all of at least 66, and none in at least 55", c.right, c.failures, c.alarms, c.unrelated)
	}
}

func TestWidenedExcerptsAreNewThreads(t *testing.T) {
	known := map[string]bool{}
	for _, e := range slices.Concat(corpus(t), excerpts(t, "testdata/unseen/*.txtar")) {
		known[thread(e.thread)] = true
	}
	for _, e := range widened(t) {
		if known[thread(e.thread)] {
			t.Errorf("%s: another part has this thread", e.name)
		}
		if n := e.thread[len(e.thread)-1]; (n-'0')%2 == 0 {
			t.Errorf("%s: even numbers are for excerpts that nobody may see before", e.name)
		}
	}
}
