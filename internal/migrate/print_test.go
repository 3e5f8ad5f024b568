package migrate

import (
	"bytes"
	"errors"
	"path/filepath"
	"strings"
	"testing"
)

func TestPrinters(t *testing.T) {
	dir := tree(t, map[string]string{
		"a b,c.sh":        "docker buildx create --driver-opt image=moby/buildkit:v0.12.0\ndocker build --cache-to 'type=gha, scope=100%' .\n",
		"docker-bake.hcl": "target { # type=gha",
	})
	testdata, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	report := mustCheck(t, ".", Options{Service: ServiceV2})
	for _, p := range []struct {
		name  string
		print func(w *bytes.Buffer) error
	}{
		{"text", func(w *bytes.Buffer) error { return report.Text(w, false) }},
		{"colour", func(w *bytes.Buffer) error { return errors.Join(report.Text(w, true), report.Diff(w, true)) }},
		{"sarif", func(w *bytes.Buffer) error { return report.SARIF(w, "docker-ghacache", "v1.2.3") }},
		{"github", func(w *bytes.Buffer) error { return report.GitHub(w) }},
	} {
		t.Run(p.name, func(t *testing.T) {
			var out bytes.Buffer
			if err := p.print(&out); err != nil {
				t.Fatal(err)
			}
			golden(t, filepath.Join(testdata, "print", p.name+".want"), out.String())
		})
	}
}

func TestTextShowsNoControlCharacters(t *testing.T) {
	report := Report{Findings: []Finding{{Rule: "r", File: "a\x1b[2Jb", Text: "v0.1\x1b]0;title\a", Why: "w\r", Fix: "f\x1b", NoFix: "n"}}}
	var out bytes.Buffer
	if err := report.Text(&out, false); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(out.String(), "\x1b\a\r") {
		t.Errorf("%q", out.String())
	}
}
