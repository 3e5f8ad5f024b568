package report_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/migrate"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/report"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
)

// What makes the exit code 1 is in the last line.
func TestTheLastLineSaysWhyAdviceCounts(t *testing.T) {
	const workflow = "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n"
	for name, c := range map[string]struct {
		steps string
		opts  migrate.Options
		left  bool
		says  string
		title string
	}{
		"no old major":    {"- uses: docker/login-action@v2", migrate.Options{}, false, ": 0 findings\n", ""},
		"one old major":   {"- uses: docker/login-action@v2", migrate.Options{BumpActions: true}, true, ": 0 findings; advice: 1; 1 action has a newer major, which counts with --bump-actions: fixable now (--write)\n", "Advice that counts, "},
		"two old majors":  {"- uses: docker/login-action@v2\n      - uses: docker/metadata-action@v4", migrate.Options{BumpActions: true}, true, ": 0 findings; advice: 2; 2 actions have newer majors, which count with --bump-actions: fixable now (--write)\n", "Advice that counts, "},
		"advice":          {"- run: docker buildx create --driver-opt image=moby/buildkit:v0.12.0", migrate.Options{}, false, ": 0 findings; advice: 1\n", "Advice, which does not count:"},
		"unsafe edits of": {"- run: docker buildx create --driver-opt image=moby/buildkit:v0.12.0", migrate.Options{Unsafe: true}, true, ": 0 findings; advice: 1; 1 of the advice counts with --unsafe: fixable now (--write)\n", "Advice that counts, "},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), ".github", "workflows")
			if err := os.MkdirAll(dir, 0o750); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "a.yml"), []byte(workflow+"      "+c.steps+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			c.opts.Service = migrate.ServiceV2
			found, err := migrate.Check(t.Context(), []string{dir}, c.opts)
			if err != nil {
				t.Fatal(err)
			}
			result := report.Result{Report: found, Summary: found.Summary()}
			if result.Left(false, false) != c.left {
				t.Errorf("left is %v", !c.left)
			}
			var out, said bytes.Buffer
			console := ui.Console{Stdout: ui.Output{Writer: &out}, Stderr: ui.Output{Writer: &said}}
			if err := result.Print(console, report.Options{Format: "text", Check: true}); err != nil {
				t.Fatal(err)
			}
			if !strings.HasSuffix(said.String(), c.says) || !strings.Contains(out.String(), c.title) {
				t.Errorf("got\n%s%s", out.String(), said.String())
			}
		})
	}
}
