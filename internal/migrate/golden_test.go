package migrate

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the .want files")

// places is where a test file of each directory stands in a repository.
func places() map[string]string {
	return map[string]string{
		"workflow": ".github/workflows/NAME", "gitea": ".gitea/workflows/NAME", "action": ".github/actions/x/action.yml",
		"bake": "docker-bakeEXT", "compose": "compose.yaml", "shell": "build.sh", "make": "Makefile", "just": "justfile",
		"dockerfile": "Dockerfile",
	}
}

// TestFiles holds the findings and the outcome of every file in testdata
// against the .want beside it. A line `migrate: WORD…` in the file sets options.
func TestFiles(t *testing.T) {
	inputs, err := filepath.Glob("testdata/*/*")
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, input := range inputs {
		if filepath.Ext(input) == ".want" {
			continue
		}
		count++
		t.Run(input, func(t *testing.T) { testFile(t, input) })
	}
	if count < 60 {
		t.Errorf("%d input files, want at least 60", count)
	}
}

func testFile(t *testing.T, input string) {
	src, err := os.ReadFile(input)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	path := strings.NewReplacer("NAME", filepath.Base(input), "EXT", filepath.Ext(input)).Replace(places()[filepath.Base(filepath.Dir(input))])
	path = filepath.Join(dir, filepath.FromSlash(path))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, src, 0o644); err != nil {
		t.Fatal(err)
	}
	opts := testOptions(input, src)
	report := mustCheck(t, dir, opts)
	got := describe(t, report, dir)

	golden(t, input+".want", got)

	if _, err := report.Write(t.Context()); err != nil {
		t.Fatal(err)
	}
	again := mustCheck(t, dir, opts)
	if len(again.edits) > 0 {
		t.Errorf("a second run wants to edit: %v", again.edits)
	}
	after, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	onlyEdited(t, src, after, report.edits[path])
}

// onlyEdited asserts that the bytes between the edits are the same.
func onlyEdited(t *testing.T, was, now []byte, edits []Edit) {
	t.Helper()
	for _, e := range edits {
		i := e.Start
		if !bytes.HasPrefix(now, was[:i]) || !bytes.HasPrefix(now[i:], []byte(e.New)) {
			t.Fatalf("bytes before %d changed", i)
		}
		// What is behind the edit moves by the difference.
		was = append(append(append([]byte{}, was[:i]...), e.New...), was[e.End:]...)
		for k := range edits {
			if edits[k].Start >= e.End && edits[k] != e {
				edits[k].Start += len(e.New) - len(e.Old)
				edits[k].End += len(e.New) - len(e.Old)
			}
		}
	}
	if !bytes.Equal(was, now) {
		t.Fatal("bytes outside the edits changed")
	}
}

func mustCheck(t testing.TB, dir string, opts Options) Report {
	t.Helper()
	report, err := Check(t.Context(), []string{dir}, opts)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func testOptions(input string, src []byte) Options {
	opts := Options{Service: ServiceV2}
	if strings.Contains(input, "/workflow/") || strings.Contains(input, "/gitea/") {
		opts.Service = ServiceAuto
	}
	for line := range strings.Lines(string(src)) {
		_, words, ok := strings.Cut(line, "migrate: ")
		if !ok {
			continue
		}
		for w := range strings.FieldsSeq(words) {
			switch name, value, _ := strings.Cut(w, "="); name {
			case "service":
				opts.Service = Service(value)
			case "host":
				opts.Host = value
			case "bump":
				opts.BumpActions = true
			case "unsafe":
				opts.Unsafe = true
			}
		}
	}
	return opts
}

// describe is a report as .want files hold it.
func describe(t *testing.T, r Report, dir string) string {
	t.Helper()
	var out bytes.Buffer
	for _, s := range r.Skipped {
		fmt.Fprintf(&out, "skipped: %s\n", s.Why)
	}
	for _, fd := range r.Findings {
		state := "unsafe"
		if fd.Safe {
			state = "safe"
		}
		if len(fd.Edits) == 0 {
			state = "no fix"
		}
		fmt.Fprintf(&out, "%d:%d %s (%s, %s) %s\n  why: %s\n", fd.Line, fd.Col, fd.Rule, fd.Certainty, state, fd.Text, fd.Why)
		if fd.Fix != "" {
			fmt.Fprintf(&out, "  fix: %s\n", fd.Fix)
		}
		if fd.NoFix != "" {
			fmt.Fprintf(&out, "  no fix: %s\n", fd.NoFix)
		}
	}
	out.WriteString("---\n")
	if err := r.Diff(&out, false); err != nil {
		t.Fatal(err)
	}
	prefix := strings.TrimPrefix(filepath.ToSlash(dir), "/")
	return strings.NewReplacer(" a/"+prefix, " a", " b/"+prefix, " b", "/"+prefix+"/", "").Replace(out.String())
}

// golden holds got against a file, or writes it there with -update.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", path, diff)
	}
}
