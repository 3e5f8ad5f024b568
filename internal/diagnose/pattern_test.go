package diagnose

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// What spares most lines an expression must never keep one from it.
func TestAPatternMatchesWhatItsExpressionMatches(t *testing.T) {
	patterns := []pattern{ghaStep, bootStep, exported}
	for _, w := range wrappers {
		patterns = append(patterns, w.prefix)
	}
	for _, c := range catalogue() {
		patterns = append(patterns, c.match)
	}
	files, err := filepath.Glob("testdata/*/*")
	if err != nil || len(files) < 20 {
		t.Fatal(files, err)
	}
	texts := []string{""}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(data)) {
			l := parseLine([]byte(line))
			if len(l.core) < 400 {
				texts = append(texts, l.core)
			}
			if l.client {
				texts = append(texts, "toolkit: "+l.core)
			}
		}
	}
	slices.Sort(texts)
	matched := 0
	for _, text := range slices.Compact(texts) {
		for _, p := range patterns {
			want := p().compiled().FindString(text)
			if got := p.FindString(text); got != want {
				t.Errorf("%s: got %q in %q, want %q", p().compiled(), got, text, want)
			}
			if is := p.MatchString(text); is != p().compiled().MatchString(text) {
				t.Errorf("%s: %q: got %v", p().compiled(), text, is)
			} else if is {
				matched++
			}
		}
	}
	if matched < 1000 {
		t.Errorf("only %d matches tell nothing", matched)
	}
}

func TestAPatternKnowsWhatItsTextsHave(t *testing.T) {
	for expr, test := range map[string]struct{ may, not []string }{
		`^abc|^d[ef]g+`:       {[]string{"abc", "degg", "xabc"[1:]}, []string{"x abc", "", "xbc"}},
		`^abc|def`:            {[]string{"abc", "x def"}, []string{"x", "deaf"}},
		`(?i:abc)`:            {[]string{"ABC", "x"}, nil},
		`^(?:ab)?(?:cd)*$`:    {[]string{"", "ab", "x"}, nil},
		`^é`:                  {[]string{"é"}, []string{"e"}},
		`(?:abc|d)(?:longer)`: {[]string{"x longer"}, []string{"abc"}},
	} {
		p := compile(expr)
		for _, text := range test.may {
			if !p().may(text) {
				t.Errorf("%s: may not match %q", expr, text)
			}
		}
		for _, text := range test.not {
			if p().may(text) {
				t.Errorf("%s: may match %q", expr, text)
			}
		}
	}
}
