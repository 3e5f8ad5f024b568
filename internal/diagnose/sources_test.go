package diagnose_test

import (
	"strings"
	"testing"
)

// Texts that programs can print by their own sources, not posted by anybody: those of BuildKit, buildx and other programs in
// Go, and those of the clients of the cache.
var sources = []struct {
	file                string
	failures, unrelated int // at least so many texts
	pasted              string
}{
	{file: "go", failures: 320, unrelated: 120},
	{file: "clients", failures: 930, unrelated: 230, pasted: "magic-nix-cache 0.2 main.rs:main_cli"}, // only a paste is trusted with a name of a variable
}

// A text is judged alone, as somebody posts it, and among the lines of a log.
func TestTextsOfSources(t *testing.T) {
	for _, source := range sources {
		t.Run(source.file, func(t *testing.T) {
			var c tally
			for _, e := range archived(t, "testdata/sources/"+source.file+".txtar") {
				e.inCatalogue(t)
				if e.want != "none" && len(strings.Fields(e.name)) < 4 {
					t.Errorf("%s: want the cause, the program, its version and the function", e.name)
				}
				if got := explain(t, e.text); !c.count(e, got) {
					t.Errorf("%s: got %v\n%s", e.name, ids(got), e.text)
				}
				if source.pasted != "" && strings.HasSuffix(e.name, source.pasted) {
					continue
				}
				if got := explain(t, amongOthers(e.text+"more")); !new(tally).count(e, got) {
					t.Errorf("%s: got %v among other lines\n%s", e.name, ids(got), e.text)
				}
			}
			if c.failures < source.failures || c.unrelated < source.unrelated {
				t.Errorf("%d failures and %d others are too few to tell", c.failures, c.unrelated)
			}
		})
	}
}
