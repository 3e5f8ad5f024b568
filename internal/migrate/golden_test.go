package migrate_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/golden"

	"github.com/docker-ghacache/docker-ghacache/internal/migrate"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/report"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/source/sourcetest"
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
	dir, err := filepath.EvalSymlinks(t.TempDir()) // it leads over a link on macOS, and has a short name on Windows
	if err != nil {
		t.Fatal(err)
	}
	path := strings.NewReplacer("NAME", filepath.Base(input), "EXT", filepath.Ext(input)).Replace(places()[filepath.Base(filepath.Dir(input))])
	path = filepath.Join(dir, filepath.FromSlash(path))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, src, 0o644); err != nil {
		t.Fatal(err)
	}
	opts := testOptions(input, src)
	found := mustCheck(t, dir, opts)
	got := describe(t, found, dir)

	golden.Equal(t, *update, input+".want", got)

	edits := found.Edits(path)
	if _, err := found.Write(t.Context()); err != nil {
		t.Fatal(err)
	}
	again := mustCheck(t, dir, opts)
	if edits := again.Edits(path); len(edits) > 0 {
		t.Errorf("a second run wants to edit: %v", edits)
	}
	after, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	sourcetest.OnlyEdited(t, src, after, edits)
}

func mustCheck(t testing.TB, dir string, opts migrate.Options) migrate.Report {
	t.Helper()
	report, err := migrate.Check(t.Context(), []string{dir}, opts)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func testOptions(input string, src []byte) migrate.Options {
	opts := migrate.Options{Service: migrate.ServiceV2}
	if folder := filepath.Base(filepath.Dir(input)); folder == "workflow" || folder == "gitea" {
		opts.Service = migrate.ServiceAuto
	}
	for line := range strings.Lines(string(src)) {
		_, words, ok := strings.Cut(line, "migrate: ")
		if !ok {
			continue
		}
		for w := range strings.FieldsSeq(words) {
			switch name, value, _ := strings.Cut(w, "="); name {
			case "service":
				opts.Service = migrate.Service(value)
			case "host":
				opts.Host = value
			case "bump":
				opts.BumpActions = true
			case "minimum":
				opts.Minimum = true
			case "unsafe":
				opts.Unsafe = true
			}
		}
	}
	return opts
}

// describe is a report as .want files hold it.
func describe(t *testing.T, r migrate.Report, dir string) string {
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
	if err := report.Diff(&out, r, false, nil); err != nil {
		t.Fatal(err)
	}
	prefix := strings.TrimPrefix(filepath.ToSlash(dir), "/")
	return strings.NewReplacer(" a/"+prefix, " a", " b/"+prefix, " b", "/"+prefix+"/", "").Replace(out.String())
}
