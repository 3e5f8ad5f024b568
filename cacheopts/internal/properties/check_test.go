package properties

import (
	"strings"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/cacheopts"
	"pgregory.net/rapid"
)

func TestProblemsShowNoToken(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := ghaEntry().Draw(t, "entry")
		for _, side := range []cacheopts.Side{cacheopts.To, cacheopts.From} {
			for _, problem := range e.Check(side) {
				if strings.Contains(problem.Value+problem.Text+problem.Hint, secretValue) {
					t.Fatalf("%+v shows a token", problem)
				}
			}
		}
		if strings.Contains(e.String(), secretValue) || strings.Contains(cacheopts.Redact(e.Value()), secretValue) {
			t.Fatalf("%s shows a token", e.String())
		}
	})
}

func TestACorrectionIsAccepted(t *testing.T) {
	corrected := 0
	rapid.Check(t, func(t *rapid.T) {
		e, side := ghaEntry().Draw(t, "entry"), rapid.SampledFrom([]cacheopts.Side{cacheopts.To, cacheopts.From}).Draw(t, "side")
		for _, problem := range e.Check(side) {
			value, ok := strings.CutPrefix(problem.Hint, side.String()+" ")
			if !ok {
				continue
			}
			corrected++
			entries, err := cacheopts.Parse(value)
			if err != nil || len(entries) != 1 {
				t.Fatalf("%s: hint %q: %v", e, problem.Hint, err)
			}
			for _, left := range entries[0].Check(side) {
				if left.Code != cacheopts.CodeUnknownAttribute {
					t.Fatalf("%s: hint %q: %s", e, problem.Hint, left.Text)
				}
			}
		}
	})
	if corrected == 0 {
		t.Error("nothing was corrected")
	}
}
