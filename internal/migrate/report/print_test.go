package report_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/golden"

	"github.com/docker-ghacache/docker-ghacache/internal/migrate"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/report"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/rules"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/source"
)

var update = flag.Bool("update", false, "rewrite the .want files")

func TestPrinters(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir()) // it leads over a link on macOS, and has a short name on Windows
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"a b,c.sh":        "docker buildx create --driver-opt image=moby/buildkit:v0.12.0\ndocker build --cache-to 'type=gha, scope=100%' .\n",
		"docker-bake.hcl": "target { # type=gha",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	testdata, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	found, err := migrate.Check(t.Context(), []string{"."}, migrate.Options{Service: migrate.ServiceV2})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []struct {
		name  string
		print func(w *bytes.Buffer) error
	}{
		{"text", func(w *bytes.Buffer) error { return report.Text(w, found, false) }},
		{"colour", func(w *bytes.Buffer) error {
			return errors.Join(report.Text(w, found, true), report.Diff(w, found, true, nil))
		}},
		{"sarif", func(w *bytes.Buffer) error { return report.SARIF(w, found, "docker-ghacache", "v1.2.3") }},
		{"github", func(w *bytes.Buffer) error { return report.GitHub(w, found) }},
	} {
		t.Run(p.name, func(t *testing.T) {
			var out bytes.Buffer
			if err := p.print(&out); err != nil {
				t.Fatal(err)
			}
			golden.Equal(t, *update, filepath.Join(testdata, p.name+".want"), out.String())
		})
	}
}

func TestTextShowsNoControlCharacters(t *testing.T) {
	found := migrate.Report{Findings: []migrate.Finding{{
		File:    "a\x1b[2Jb",
		Finding: rules.Finding{Rule: "r", Text: "v0.1\x1b]0;title\a", Why: "w\r", Fix: "f\x1b", NoFix: "n"},
	}}}
	var out bytes.Buffer
	if err := report.Text(&out, found, false); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(out.String(), "\x1b\a\r") {
		t.Errorf("%q", out.String())
	}
}

func TestFindingsThatSayTheSameAreWrittenOnce(t *testing.T) {
	found := migrate.Report{}
	for i := range 600 {
		found.Findings = append(found.Findings, migrate.Finding{File: "a.yml", Line: i + 1, Col: 2,
			Finding: rules.Finding{Rule: "r", Certainty: rules.Certain, Text: "v0.1", Why: "old", NoFix: "n"}})
	}
	found.Findings = append(found.Findings, migrate.Finding{File: "b.yml", Line: 1, Col: 1, Finding: rules.Finding{Rule: "r", Certainty: rules.Advice, Text: "v0.1", Why: "old", NoFix: "n"}})
	var out bytes.Buffer
	if err := report.Text(&out, found, false); err != nil {
		t.Fatal(err)
	}
	want := `a.yml:1:2: v0.1: old [r, certain]
    by hand: n
    also at a.yml:2:2, a.yml:3:2, a.yml:4:2, a.yml:5:2, a.yml:6:2, 594 more places
Advice, which does not count:
b.yml:1:1: v0.1: old [r, advice]
    by hand: n
`
	if got := out.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestClosing(t *testing.T) {
	for name, c := range map[string]struct {
		s       migrate.Summary
		asked   int
		written bool
		want    string
	}{
		"nothing":  {migrate.Summary{Files: 1}, 0, false, "1 file read: 0 findings"},
		"programs": {migrate.Summary{Files: 2, Failed: 1}, 3, false, "2 files read, 1 could not be read, 3 programs of this machine checked: 0 findings"},
		"findings": {migrate.Summary{Files: 9, Failed: 1, Findings: 6, Fixable: 3, Unsafe: 1, ByHand: 2, Advice: 4}, 0, false, "9 files read, 1 could not be read: 6 findings, 3 fixable now (--write), 1 with --unsafe, 2 by hand; advice: 4"},
		"written":  {migrate.Summary{Files: 9, Findings: 1, Fixable: 1}, 0, true, "9 files read: 1 finding, 1 fixed, 0 with --unsafe, 0 by hand"},
	} {
		if got := report.Closing(c.s, c.asked, c.written); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func TestSARIFMarksUnsafeFixes(t *testing.T) {
	for safe, want := range map[bool]string{true: `"text": "use v2"`, false: `"text": "use v2 (unsafe: review it)"`} {
		found := migrate.Report{Findings: []migrate.Finding{{File: "a.yml", Finding: rules.Finding{Rule: "r", Fix: "use v2", Safe: safe, Edits: []source.Edit{{Old: "v1", New: "v2"}}}}}}
		var out bytes.Buffer
		if err := report.SARIF(&out, found, "x", "v1"); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), want) || !strings.Contains(out.String(), fmt.Sprintf(`"safe": %v`, safe)) {
			t.Errorf("%s", out.String())
		}
	}
}
