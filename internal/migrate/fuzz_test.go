package migrate

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

var testTags = sync.OnceValues(loadTags)

// judged is the report on one file that exists in memory only; ok says that it
// could be parsed.
func judged(t testing.TB, k kind, src []byte) (Report, *file, bool) {
	t.Helper()
	tags, err := testTags()
	if err != nil {
		t.Fatal(err)
	}
	opts := Options{Service: ServiceV2, BumpActions: true, Unsafe: true}
	f := &file{path: "x", target: "/x", kind: k, src: src, opts: opts, tags: tags, builds: map[string]string{}}
	if f.judge() != nil {
		return Report{}, nil, false
	}
	report := Report{unsafe: true}
	report.gather([]*file{f}, "", opts)
	return report, f, true
}

// editTwice asserts what holds for the edits of any file: they apply, the outcome
// passes its check, the bytes between them are the same, and a second run finds
// nothing more to edit.
func editTwice(t *testing.T, k kind, src []byte) {
	t.Helper()
	report, f, ok := judged(t, k, src)
	if !ok || len(report.edits["x"]) == 0 {
		return
	}
	out, err := f.result(report.edits["x"])
	if err != nil {
		t.Fatalf("%v\nedits %v of\n%s", err, report.edits["x"], src)
	}
	onlyEdited(t, src, out, slices.Clone(report.edits["x"]))
	again, _, ok := judged(t, k, out)
	if !ok {
		t.Fatalf("the outcome does not parse:\n%s", out)
	}
	if len(again.edits["x"]) > 0 {
		t.Fatalf("a second run wants %v of\n%s", again.edits["x"], out)
	}
	for _, fd := range report.Findings {
		if fd.Line < 1 || fd.Col < 1 || len(fd.Edits) == 0 && fd.NoFix == "" {
			t.Fatalf("finding %+v", fd)
		}
	}
}

func fuzzKind(f *testing.F, k kind, pattern string) {
	inputs, err := filepath.Glob(filepath.Join("testdata", filepath.FromSlash(pattern)))
	if err != nil || len(inputs) == 0 {
		f.Fatalf("no seeds in %s: %v", pattern, err)
	}
	for _, input := range inputs {
		if strings.HasSuffix(input, ".want") {
			continue
		}
		src, err := os.ReadFile(input)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(src)
		f.Add(bytes.ReplaceAll(src, []byte("\n"), []byte("\r\n")))
	}
	f.Fuzz(func(t *testing.T, src []byte) { editTwice(t, k, src) })
}

func FuzzWorkflow(f *testing.F)   { fuzzKind(f, kindWorkflow, "workflow/*.yml") }
func FuzzAction(f *testing.F)     { fuzzKind(f, kindAction, "action/*.yml") }
func FuzzHCL(f *testing.F)        { fuzzKind(f, kindHCL, "bake/*.hcl") }
func FuzzJSON(f *testing.F)       { fuzzKind(f, kindJSON, "bake/*.json") }
func FuzzCompose(f *testing.F)    { fuzzKind(f, kindCompose, "compose/*.yaml") }
func FuzzShell(f *testing.F)      { fuzzKind(f, kindShell, "shell/*.sh") }
func FuzzMake(f *testing.F)       { fuzzKind(f, kindMake, "make/*.mk") }
func FuzzJust(f *testing.F)       { fuzzKind(f, kindJust, "just/*.just") }
func FuzzDockerfile(f *testing.F) { fuzzKind(f, kindDockerfile, "dockerfile/*.Dockerfile") }

func FuzzAttributes(f *testing.F) {
	for _, s := range []string{"type=gha,mode=max", `type=gha,"scope=a,b", x`, "type=gha,scope=${{ format('a,b') }},,", `"`, "a=b=c,=d"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		at := 0
		for _, a := range attributes(s) {
			if a.start < at || a.end < a.start || a.from < a.start || a.from > a.end || a.end > len(s) {
				t.Fatalf("attribute %+v of %q", a, s)
			}
			at = a.end
		}
		if i, j, ok := cacheEntry(s); ok && (i < 0 || j < i || j > len(s) || !strings.Contains(s[i:j], "type=gha")) {
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

func FuzzApply(f *testing.F) {
	f.Add([]byte("version: v0.12.0\n"), 9, 16, "v0.38.2")
	f.Add([]byte("x"), -1, 5, "")
	f.Fuzz(func(t *testing.T, src []byte, start, end int, with string) {
		e := Edit{Start: start, End: end, New: with}
		if start >= 0 && start <= end && end <= len(src) {
			e.Old = string(src[start:end])
		}
		out, err := Apply(src, []Edit{e, e})
		if err != nil {
			if start >= 0 && start <= end && end <= len(src) {
				t.Fatal(err)
			}
			return
		}
		onlyEdited(t, src, out, []Edit{e})
	})
}
