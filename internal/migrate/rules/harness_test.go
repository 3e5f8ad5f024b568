package rules_test

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/semver"

	"github.com/docker-ghacache/docker-ghacache/internal/migrate/rules"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/scan/scantest"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/source"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/tags"
	"github.com/docker-ghacache/docker-ghacache/internal/release"
)

// example is a file and what rules find in it, see [lines].
type example struct {
	name string
	kind source.Kind
	src  string
	want []string
}

// run compares what the rules with these ids find in examples.
func run(t *testing.T, ids []string, opts rules.Options, examples []example) {
	t.Helper()
	table, err := tags.Load()
	if err != nil {
		t.Fatal(err)
	}
	opts.Tags = table
	for _, x := range examples {
		t.Run(x.name, func(t *testing.T) {
			page := scantest.Read(t, x.kind, x.src)
			found := slices.DeleteFunc(rules.Judge(page, opts), func(fd rules.Finding) bool { return !slices.Contains(ids, fd.Rule) })
			if got, want := strings.Join(lines(x.src, found), "\n\t"), newest().Replace(strings.Join(x.want, "\n\t")); got != want {
				t.Errorf("got\n\t%s\nwant\n\t%s", got, want)
			}
		})
	}
}

// newest puts the versions that `make refresh` changes into what is wanted.
func newest() *strings.Replacer {
	return strings.NewReplacer("{buildx}", release.NewestBuildx[1:], "{buildkit}", release.NewestBuildKit[1:], "{engine}", release.NewestEngine[1:], "{engine major}", semver.Major(release.NewestEngine)[1:],
		"{runner}", release.NewestRunner[1:], "{sccache}", release.NewestSccache[1:])
}

// lines writes findings as LINE CERTAINTY TEXT: OUTCOME, where the outcome is what
// the edits change, with a question mark if they need a second look, or why there
// are none.
func lines(src string, found []rules.Finding) []string {
	slices.SortStableFunc(found, func(a, b rules.Finding) int { return cmp.Compare(a.Offset, b.Offset) })
	var out []string
	for _, fd := range found {
		outcome := fd.NoFix
		for _, e := range fd.Edits {
			outcome += fmt.Sprintf("%q to %q, ", e.Old, e.New)
		}
		if outcome = strings.TrimSuffix(outcome, ", "); len(fd.Edits) > 0 && !fd.Safe {
			outcome += "?"
		}
		line := bytes.Count([]byte(src[:fd.Offset]), []byte("\n")) + 1
		out = append(out, fmt.Sprintf("%d %s %s: %s", line, fd.Certainty, fd.Text, outcome))
	}
	return slices.Compact(out)
}

// job is a workflow with these steps, whose first line is its sixth.
func job(steps string) string { return jobOn("ubuntu-latest", steps) }

func jobOn(runner, steps string) string {
	return "on: push\njobs:\n  build:\n    runs-on: " + runner + "\n    steps:\n" + steps
}
