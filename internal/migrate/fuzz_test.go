package migrate_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/migrate"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/source"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/source/sourcetest"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/tags"
)

var testTags = sync.OnceValues(tags.Load)

// judged is the report on one file that exists in memory only; ok says that it
// could be parsed.
func judged(t testing.TB, f *source.File) (r migrate.Report, ok bool) {
	t.Helper()
	table, err := testTags()
	if err != nil {
		t.Fatal(err)
	}
	r, err = migrate.CheckFile(f, table, migrate.Options{Service: migrate.ServiceV2, BumpActions: true, Unsafe: true})
	return r, err == nil
}

func inMemory(k source.Kind, src []byte) *source.File {
	return &source.File{Path: "x", Target: "/x", Kind: k, Src: src}
}

// editTwice asserts what holds for the edits of any file: they apply, the outcome
// passes its check, the bytes between them are the same, and a second run finds
// nothing more to edit.
func editTwice(t *testing.T, k source.Kind, src []byte) {
	t.Helper()
	f := inMemory(k, src)
	report, ok := judged(t, f)
	if !ok || len(report.Edits("x")) == 0 {
		return
	}
	out, err := f.Apply(report.Edits("x"))
	if err != nil {
		t.Fatalf("%v\nedits %v of\n%s", err, report.Edits("x"), src)
	}
	sourcetest.OnlyEdited(t, src, out, report.Edits("x"))
	again, ok := judged(t, inMemory(k, out))
	if !ok {
		t.Fatalf("the outcome does not parse:\n%s", out)
	}
	if len(again.Edits("x")) > 0 {
		t.Fatalf("a second run wants %v of\n%s", again.Edits("x"), out)
	}
	for _, fd := range report.Findings {
		if fd.Line < 1 || fd.Col < 1 || len(fd.Edits) == 0 && fd.NoFix == "" {
			t.Fatalf("finding %+v", fd)
		}
	}
}

func fuzzKind(f *testing.F, k source.Kind, pattern string) {
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

func FuzzWorkflow(f *testing.F)   { fuzzKind(f, source.Workflow, "workflow/*.yml") }
func FuzzAction(f *testing.F)     { fuzzKind(f, source.Action, "action/*.yml") }
func FuzzHCL(f *testing.F)        { fuzzKind(f, source.HCL, "bake/*.hcl") }
func FuzzJSON(f *testing.F)       { fuzzKind(f, source.JSON, "bake/*.json") }
func FuzzCompose(f *testing.F)    { fuzzKind(f, source.Compose, "compose/*.yaml") }
func FuzzShell(f *testing.F)      { fuzzKind(f, source.Shell, "shell/*.sh") }
func FuzzMake(f *testing.F)       { fuzzKind(f, source.Make, "make/*.mk") }
func FuzzJust(f *testing.F)       { fuzzKind(f, source.Just, "just/*.just") }
func FuzzDockerfile(f *testing.F) { fuzzKind(f, source.Dockerfile, "dockerfile/*.Dockerfile") }
