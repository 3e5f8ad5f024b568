package report_test

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/golden"

	"github.com/docker-ghacache/docker-ghacache/internal/migrate"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/report"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/rules"
)

var update = flag.Bool("update", false, "rewrite the .want files")

func TestPrinters(t *testing.T) {
	dir := t.TempDir()
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
			return errors.Join(report.Text(w, found, true), report.Diff(w, found, true))
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
