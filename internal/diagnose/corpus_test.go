package diagnose_test

import (
	"crypto/sha256"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/docker-ghacache/docker-ghacache/internal/diagnose"
)

// What the corpus must at least reach: the share of failures whose cause comes first, and that of unrelated failures
// in which a cause is seen.
const (
	leastRecall     = 0.90
	mostFalseAlarms = 0.01
)

// An excerpt is what somebody posted of a failure to a public tracker, as it was posted.
type excerpt struct {
	name, text string
	thread     string // owner/name#number on github.com, or the program whose source has the text
	want       string // the cause, by what the thread found; "none" for a failure that has nothing to do with the cache
}

// causes are those of which each is a truthful answer: a header names more than one as cause|cause.
func (e excerpt) causes() []string { return strings.Split(e.want, "|") }

// inCatalogue fails the test if there is no such cause.
func (e excerpt) inCatalogue(t *testing.T) {
	t.Helper()
	for _, id := range e.causes() {
		if id != "none" && !slices.ContainsFunc(diagnose.Catalogue(), func(c diagnose.Cause) bool { return c.ID == id }) {
			t.Errorf("%s: there is no cause %q", e.name, id)
		}
	}
}

// setAside is a fifth of the threads, which was not looked at while the catalogue was written.
func (e excerpt) setAside() bool { return sha256.Sum256([]byte(e.thread))[0]%5 == 0 }

func corpus(t testing.TB) []excerpt { return excerpts(t, "testdata/corpus/*.txtar") }

// excerpts are those of the archives that a pattern matches.
func excerpts(t testing.TB, pattern string) []excerpt {
	t.Helper()
	all := archived(t, pattern)
	for _, e := range all {
		if !strings.Contains(e.thread, "#") {
			t.Fatalf("%s: %q is no cause and thread", pattern, e.name)
		}
	}
	return all
}

// archived are the texts of the archives that a pattern matches: the first word of a header is the cause, the second the source.
func archived(t testing.TB, pattern string) (all []excerpt) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range archive.Files {
			words := strings.Fields(f.Name)
			if len(words) < 2 {
				t.Fatalf("%s: %q is no cause and source", file, f.Name)
			}
			all = append(all, excerpt{f.Name, string(f.Data), words[1], words[0]})
		}
	}
	return all
}

// A tally is how a part of the corpus was judged.
type tally struct{ right, failures, alarms, unrelated int }

func (c *tally) count(e excerpt, got []diagnose.Finding) (ok bool) {
	if e.want == "none" {
		c.unrelated++
		if len(got) > 0 {
			c.alarms++
		}
		return len(got) == 0
	}
	c.failures++
	if len(got) == 0 || !slices.Contains(e.causes(), got[0].Cause.ID) {
		return false
	}
	c.right++
	return true
}

func (c *tally) report(t *testing.T, part string) {
	t.Helper()
	recall, alarms := float64(c.right)/float64(c.failures), float64(c.alarms)/float64(c.unrelated)
	t.Logf("%s: recall %.1f %% (%d of %d), false alarms %.1f %% (%d of %d)",
		part, 100*recall, c.right, c.failures, 100*alarms, c.alarms, c.unrelated)
	if recall < leastRecall || alarms > mostFalseAlarms {
		t.Errorf("%s: want a recall of %.0f %% and at most %.0f %% false alarms", part, 100*leastRecall, 100*mostFalseAlarms)
	}
}

func TestCorpus(t *testing.T) {
	var known, aside tally
	for _, e := range corpus(t) {
		got := explain(t, e.text)
		if e.setAside() {
			aside.count(e, got)
			continue
		}
		if !known.count(e, got) {
			t.Logf("%s: got %v", e.name, ids(got))
		}
	}
	known.report(t, "what the catalogue was written with")
	aside.report(t, "what was set aside")
}

func TestCorpusHasCausesOfTheCatalogue(t *testing.T) {
	for _, e := range corpus(t) {
		e.inCatalogue(t)
	}
}

func TestCorpusIsLargeEnough(t *testing.T) {
	var failures, unrelated, aside int
	for _, e := range corpus(t) {
		if e.want == "none" {
			unrelated++
		} else {
			failures++
		}
		if e.setAside() {
			aside++
		}
	}
	if total := failures + unrelated; failures < 150 || unrelated < 60 || aside < total/7 || aside > total/4 {
		t.Errorf("%d failures, %d unrelated ones; %d set aside", failures, unrelated, aside)
	}
}
