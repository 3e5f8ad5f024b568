package migrate_test

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/migrate"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/report"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/source"
	"github.com/docker-ghacache/docker-ghacache/internal/release"
)

func contents(t *testing.T, path string) string {
	t.Helper()
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(src)
}

// newestBuildx is what oldSetup is moved to.
const newestBuildx = release.NewestBuildx

func TestWriteKeepsModeAndLeavesNothingBehind(t *testing.T) {
	dir := tree(t, map[string]string{".github/workflows/a.yml": oldSetup, ".github/workflows/new.yml": "on: push\n"})
	path := filepath.Join(dir, ".github/workflows/a.yml")
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	written, err := mustCheck(t, dir, migrate.Options{}).Write(t.Context())
	if err != nil || !slices.Equal(written, []string{path}) {
		t.Fatalf("wrote %v, %v", written, err)
	}
	if got, want := contents(t, path), strings.Replace(oldSetup, "v0.12.0", newestBuildx, 1); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode() != before.Mode() { // Windows knows read-only files and others
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) != 2 {
		t.Errorf("left %v, %v", left, err)
	}
	if again := mustCheck(t, dir, migrate.Options{}); len(again.Findings) != 0 {
		t.Errorf("a second run finds %v", again.Findings)
	}
}

func TestWriteRefuses(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(t *testing.T, path string)
		reason string
	}{
		{"a read-only file", func(t *testing.T, path string) {
			if err := os.Chmod(path, 0o444); err != nil {
				t.Fatal(err)
			}
		}, "read-only"},
		{"a file that changed since it was checked", func(t *testing.T, path string) {
			if err := os.WriteFile(path, []byte(oldSetup+"# more\n"), 0o644); err != nil {
				t.Fatal(err)
			}
		}, "changed since"},
		{"a file that is gone", func(t *testing.T, path string) {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		}, "changed since"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := tree(t, map[string]string{".github/workflows/a.yml": oldSetup, ".github/workflows/b.yml": oldSetup})
			path := filepath.Join(dir, ".github/workflows/a.yml")
			found := mustCheck(t, dir, migrate.Options{})
			tt.change(t, path)
			before, _ := os.ReadFile(path)
			written, err := found.Write(t.Context())
			if err == nil || !strings.Contains(err.Error(), tt.reason) || !strings.Contains(err.Error(), path) {
				t.Errorf("got error %v", err)
			}
			if want := filepath.Join(dir, ".github/workflows/b.yml"); !slices.Equal(written, []string{want}) {
				t.Errorf("wrote %v, want the other file", written)
			}
			if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
				t.Errorf("it was changed to\n%s", after)
			}
		})
	}
}

func TestOneBadEditKeepsTheWholeFile(t *testing.T) {
	dir := tree(t, map[string]string{".github/workflows/a.yml": oldSetup + "      - uses: actions/cache@v2\n"})
	path := filepath.Join(dir, ".github/workflows/a.yml")
	found := mustCheck(t, dir, migrate.Options{})
	found.AddEdit(path, source.Edit{Start: 0, End: 2, Old: "on", New: "o: n\non"})
	if written, err := found.Write(t.Context()); err == nil || len(written) > 0 {
		t.Errorf("wrote %v, %v", written, err)
	}
	if got := contents(t, path); !strings.Contains(got, "v0.12.0") || !strings.Contains(got, "cache@v2") {
		t.Errorf("it became\n%s", got)
	}
}

func TestLinks(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links need a privilege on Windows")
	}
	dir := tree(t, map[string]string{"ci/a.yml": oldSetup, "ci/loop/b.yml": oldSetup, ".github/workflows/c.yml": oldSetup})
	outside := tree(t, map[string]string{"d.yml": oldSetup})
	for link, target := range map[string]string{
		".github/workflows/a.yml":     "../../ci/a.yml",
		".github/workflows/again.yml": "../../ci/a.yml",
		".github/workflows/c2.yml":    "c.yml",
		".github/workflows/d.yml":     filepath.Join(outside, "d.yml"),
		".github/workflows/e.yml":     "nowhere.yml",
		".github/workflows/f.yml":     "../../ci",
		"ci/loop/up":                  "..",
	} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	found := mustCheck(t, dir, migrate.Options{})
	var files []string
	for _, line := range brief(t, found, dir) {
		files = append(files, strings.Fields(line)[0])
	}
	if want := []string{".github/workflows/a.yml", ".github/workflows/c.yml"}; !slices.Equal(files, want) {
		t.Errorf("findings in %v, want %v", files, want)
	}
	if len(found.Skipped) != 2 {
		t.Errorf("skipped %v, want the link to nowhere and the one to the outside", found.Skipped)
	}
	if _, err := found.Write(t.Context()); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(filepath.Join(dir, ".github/workflows/a.yml")); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link was replaced: %v, %v", info, err)
	}
	if strings.Contains(contents(t, filepath.Join(dir, "ci/a.yml")), "v0.12.0") {
		t.Error("the file behind the link was not written")
	}
	if !strings.Contains(contents(t, filepath.Join(outside, "d.yml")), "v0.12.0") {
		t.Error("a file outside was written")
	}
}

func TestLargeFiles(t *testing.T) {
	step := "      - uses: docker/build-push-action@v6\n        with: { cache-to: 'type=gha,version=1', context: %%% }\n"
	var b strings.Builder
	b.WriteString(oldSetup)
	for b.Len() < 1<<20 {
		b.WriteString(strings.ReplaceAll(step, "%%%", strings.Repeat("x", 400)))
	}
	flow := "on: push\njobs: { a: { runs-on: ubuntu-latest, steps: [" +
		strings.Repeat("{ uses: actions/cache@v2, with: { key: é } }, ", 1<<20/48) + "] } }\n"
	script := strings.Replace(oldSetup, "      - uses", "      - run: |\n"+
		strings.Repeat("          docker buildx build --cache-to \"type=gha,version=1\" \\\n            .  # again\n", 1<<20/80)+"      - uses", 1)
	huge := oldSetup + "#" + strings.Repeat("x", 4<<20)
	dir := tree(t, map[string]string{
		".github/workflows/script.yml": script, ".github/workflows/block.yml": b.String(), ".github/workflows/flow.yml": flow, ".github/workflows/huge.yml": huge,
	})
	found := mustCheck(t, dir, migrate.Options{})
	if len(found.Skipped) != 1 || !strings.Contains(found.Skipped[0].Why, "larger") {
		t.Errorf("skipped %v, want the huge file", found.Skipped)
	}
	if err := report.Diff(io.Discard, found, false, nil); err != nil {
		t.Error(err)
	}
	written, err := found.Write(t.Context())
	if err != nil || len(written) != 3 {
		t.Fatalf("wrote %v, %v", written, err)
	}
	if got := contents(t, filepath.Join(dir, ".github/workflows/flow.yml")); got != strings.ReplaceAll(flow, "cache@v2", "cache@v4") {
		t.Error("the flow mapping is wrong")
	}
	for name, src := range map[string]string{"block": b.String(), "script": script} {
		want := strings.ReplaceAll(strings.Replace(src, "v0.12.0", newestBuildx, 1), "version=1", "version=2")
		if got := contents(t, filepath.Join(dir, ".github/workflows", name+".yml")); got != want {
			t.Errorf("the %s is wrong", name)
		}
	}
}

// TestDiffApplies gives the diff of every test file to git and expects what
// Write writes.
func TestDiffApplies(t *testing.T) {
	git, err := exec.LookPath("git")
	if err != nil {
		t.Skip("git is not on PATH")
	}
	inputs, err := filepath.Glob("testdata/workflow/*.yml")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, input := range inputs {
		files[".github/workflows/"+filepath.Base(input)] = contents(t, input)
	}
	files["with a space.sh"] = "docker buildx build --cache-to type=gha,version=1 .\n"
	files["ci/linked.yml"] = oldSetup
	written, patched := tree(t, files), tree(t, files)
	for _, dir := range []string{written, patched} {
		if err := os.Symlink("../../ci/linked.yml", filepath.Join(dir, ".github/workflows/linked.yml")); err != nil {
			t.Skip("links need a privilege on Windows")
		}
	}
	opts := migrate.Options{Service: migrate.ServiceV2, Unsafe: true, BumpActions: true}
	t.Chdir(written)
	found := mustCheck(t, ".", opts)
	var diff bytes.Buffer
	if err := report.Diff(&diff, found, false, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := found.Write(t.Context()); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), git, "apply", "-p1", "--whitespace=nowarn", "-")
	cmd.Dir, cmd.Stdin = patched, &diff
	cmd.Env = append(os.Environ(), "GIT_CEILING_DIRECTORIES="+filepath.Dir(patched))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git apply: %v\n%s", err, out)
	}
	for path, before := range files {
		if got, want := contents(t, filepath.Join(patched, path)), contents(t, filepath.Join(written, path)); got != want {
			t.Errorf("%s: git made of\n%s\nthis\n%s\ninstead of\n%s", path, before, got, want)
		}
	}
}
