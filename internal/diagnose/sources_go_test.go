package diagnose_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/docker-ghacache/docker-ghacache/internal/diagnose"
)

// sourced are texts that programs print by their own sources, each with its cause.
func sourced(t *testing.T, file string) (all []excerpt) {
	t.Helper()
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range archive.Files {
		words := strings.Fields(f.Name)
		if len(words) != 4 {
			t.Fatalf("%s: %q is no cause, program, version and function", file, f.Name)
		}
		all = append(all, excerpt{name: f.Name, text: string(f.Data), want: words[0]})
	}
	return all
}

// A text is judged alone, as somebody posts it, and among the lines of a log.
func TestTextsOfTheSourcesOfGoPrograms(t *testing.T) {
	var c tally
	for _, e := range sourced(t, "testdata/sources/go.txtar") {
		for _, log := range []string{e.text, amongOthers(e.text + "more")} {
			if got := explain(t, log); !c.count(e, got) {
				t.Errorf("%s: got %v in a log of %d bytes", e.name, ids(got), len(log))
			}
		}
	}
	if c.unrelated < 240 || c.failures < 640 {
		t.Errorf("%d failures and %d others are too few to tell", c.failures, c.unrelated)
	}
}

func TestTextsOfTheSourcesOfGoProgramsHaveCausesOfTheCatalogue(t *testing.T) {
	for _, e := range sourced(t, "testdata/sources/go.txtar") {
		for _, id := range e.causes() {
			if id != "none" && !slices.ContainsFunc(diagnose.Catalogue(), func(c diagnose.Cause) bool { return c.ID == id }) {
				t.Errorf("%s: there is no cause %q", e.name, id)
			}
		}
	}
}
