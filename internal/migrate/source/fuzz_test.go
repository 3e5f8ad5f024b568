package source

import (
	"strings"
	"testing"
)

func FuzzAttributes(f *testing.F) {
	for _, s := range []string{"type=gha,mode=max", `type=gha,"scope=a,b", x`, "type=gha,scope=${{ format('a,b') }},,", `"`, "a=b=c,=d"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		at := 0
		for _, a := range Attributes(s) {
			if a.Start < at || a.End < a.Start || a.From < a.Start || a.From > a.End || a.End > len(s) {
				t.Fatalf("attribute %+v of %q", a, s)
			}
			at = a.End
		}
		if i, j, ok := Entry(s); ok && (i < 0 || j < i || j > len(s) || !strings.Contains(s[i:j], "type=gha")) {
			t.Fatalf("entry %d:%d of %q", i, j, s)
		}
	})
}

func FuzzAlign(f *testing.F) {
	f.Add("a b\n", "a\n  b\n")
	f.Add("echo a\n b\n", "    echo a\r\n     b\r\n")
	f.Fuzz(func(t *testing.T, value, src string) {
		runs, ok := align(value, []byte(src), 0)
		if !ok {
			return
		}
		at := 0
		for _, r := range runs {
			if r.at < at || r.n <= 0 || value[r.at:r.at+r.n] != src[r.src:r.src+r.n] {
				t.Fatalf("run %+v of %q in %q", r, value, src)
			}
			if strings.TrimSpace(value[at:r.at]) != "" {
				t.Fatalf("%q has no place in %q", value[at:r.at], src)
			}
			at = r.at + r.n
		}
		if strings.TrimSpace(value[at:]) != "" {
			t.Fatalf("%q has no place in %q", value[at:], src)
		}
	})
}

// FuzzMakeLines holds that a Makefile reads as itself, and that a bracket more is seen.
func FuzzMakeLines(f *testing.F) {
	f.Add("X = $(Y)\nx:\n\t@echo $${Y} \\\n\t  $(shell a (b))\n")
	f.Add("\t$((\\")
	f.Fuzz(func(t *testing.T, src string) {
		if err := sameMake([]byte(src), []byte(src)); err != nil {
			t.Fatal(err)
		}
		for _, line := range logicalLines(src) {
			if plain, open := unexpanded(line); len(plain) > len(line) || open < 0 {
				t.Fatalf("%q with %d open in %q", plain, open, line)
			}
		}
	})
}

func FuzzReason(f *testing.F) {
	f.Add("a:\n  - name: minimum\n    # newer breaks\n    b: c # d\n", 30)
	f.Add("\n\n", 1)
	f.Fuzz(func(t *testing.T, src string, at int) {
		if at < 0 || at > len(src) {
			return
		}
		if reason := Reason([]byte(src), at); reason != "" && !strings.Contains(strings.ReplaceAll(src, "\r", ""), reason) {
			t.Fatalf("%q is not in %q", reason, src)
		}
	})
}
