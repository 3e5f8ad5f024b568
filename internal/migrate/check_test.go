package migrate_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/migrate"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/rules"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/source"
)

// tree writes files, given by path and content, into a new directory.
func tree(t testing.TB, files map[string]string) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir()) // it leads over a link on macOS, and has a short name on Windows
	if err != nil {
		t.Fatal(err)
	}
	for path, content := range files {
		path = filepath.Join(dir, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// brief lists findings as FILE RULE CERTAINTY TEXT, files relative to dir.
func brief(t testing.TB, r migrate.Report, dir string) []string {
	t.Helper()
	var out []string
	for _, fd := range r.Findings {
		rel, err := filepath.Rel(dir, fd.File)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, strings.Join([]string{filepath.ToSlash(rel), fd.Rule, string(fd.Certainty), fd.Text}, " "))
	}
	return out
}

const (
	oldSetup = `on: push
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: docker/setup-buildx-action@v3
        with:
          version: v0.12.0
      - run: docker buildx build --cache-to type=gha .
`
	ghaBake = `target "app" { cache-to = ["type=gha"] }` + "\n"
)

func TestPinsCountLessWithoutACache(t *testing.T) {
	bare, _, _ := strings.Cut(oldSetup, "      - run:")
	const other = "  other:\n    runs-on: ubuntu-latest\n    steps:\n      - run: docker buildx build --cache-to type=gha .\n"
	workflow := func(src string) map[string]string { return map[string]string{".github/workflows/a.yml": src} }
	with := func(src, path, content string) map[string]string {
		return map[string]string{".github/workflows/a.yml": src, path: content}
	}
	for _, tt := range []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"a gha cache in the same job makes it certain", workflow(oldSetup), "certain"},
		{"a gha cache in another job makes it advice", workflow(bare + other), "advice"},
		{"a gha cache in another workflow makes it advice", with(bare, ".github/workflows/b.yml", "on: push\njobs:\n"+other), "advice"},
		{"a bake file that the job builds with makes it conditional", with(bare+"      - uses: docker/bake-action@v6\n", "docker-bake.hcl", ghaBake), "conditional"},
		{"a script that the job runs makes it conditional", with(bare+"      - run: ./build.sh\n", "build.sh", "docker build --cache-to type=gha .\n"), "conditional"},
		{"a bake file that the job does not build with makes it advice", with(bare, "docker-bake.hcl", ghaBake), "advice"},
		{"a variable of the workflow has the cache", workflow("env: { CACHE: type=gha }\n" + bare + "      - run: docker buildx build --cache-to $CACHE .\n"), "certain"},
		{"a variable of the workflow is used in a job with a cache",
			workflow("env: { V: v0.12.0 }\n" + strings.Replace(oldSetup, "version: v0.12.0", "version: ${{ env.V }}", 1)), "certain"},
		{"no gha cache anywhere makes it advice", with(bare, "docker-bake.hcl", strings.Replace(ghaBake, "gha", "local", 1)), "advice"},
		{"a cache in a comment or a message is none", workflow(bare + "      # --cache-to type=gha\n      - run: echo use --cache-to type=gha\n"), "advice"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := tree(t, tt.files)
			report := mustCheck(t, dir, migrate.Options{})
			want := []string{".github/workflows/a.yml buildx-version " + tt.want + " v0.12.0"}
			if got := brief(t, report, dir); !slices.Equal(got, want) {
				t.Fatalf("got %q, want %q", got, want)
			}
			if fd := report.Findings[0]; report.Wanted(fd) != (tt.want != "advice") || fd.Fix == "" {
				t.Errorf("wanted %v: %+v", report.Wanted(fd), fd)
			}
		})
	}
}

func TestFilesThatAreNoWorkflowGoByTheWorkflows(t *testing.T) {
	const bake = `target "app" { cache-to = ["type=gha,version=1"] }`
	for _, tt := range []struct {
		name     string
		workflow string
		opts     migrate.Options
		wanted   bool
		reason   string
	}{
		{"a workflow on a runner of GitHub", ".github/workflows/a.yml", migrate.Options{}, true, ""},
		{"no workflow", "docs/a.md", migrate.Options{}, false, "its cache service is unknown"},
		{"no workflow, but the host", "docs/a.md", migrate.Options{Host: "github.com"}, true, ""},
		{"no workflow, but the service", "docs/a.md", migrate.Options{Service: migrate.ServiceV2}, true, ""},
		{"a workflow of Gitea", ".gitea/workflows/a.yml", migrate.Options{}, false, "nothing to do"},
		{"a workflow of Forgejo", ".forgejo/workflows/a.yml", migrate.Options{Host: "github.com"}, false, "nothing to do"},
		{"a server of its own", ".github/workflows/a.yml", migrate.Options{Host: "github.corp.example"}, false, "nothing to do"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := tree(t, map[string]string{tt.workflow: oldSetup, "docker-bake.hcl": bake})
			report := mustCheck(t, dir, tt.opts)
			i := slices.IndexFunc(report.Findings, func(fd migrate.Finding) bool { return strings.HasSuffix(fd.File, ".hcl") })
			if i < 0 {
				t.Fatalf("no finding in the bake file: %v", report.Findings)
			}
			fd := report.Findings[i]
			if report.Wanted(fd) != tt.wanted || !strings.Contains(fd.NoFix, tt.reason) {
				t.Errorf("wanted %v, no fix %q", report.Wanted(fd), fd.NoFix)
			}
		})
	}
}

func TestMixedServicesAreReportedOnly(t *testing.T) {
	dir := tree(t, map[string]string{
		".github/workflows/a.yml": oldSetup, ".gitea/workflows/a.yml": oldSetup,
		"docker-bake.hcl": `target "app" { cache-to = ["type=gha,version=1"] }`,
	})
	changes, err := mustCheck(t, dir, migrate.Options{}).Changes()
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(dir, ".github/workflows/a.yml"); len(changes) != 1 || changes[0].Path != want {
		t.Errorf("changes %v, want some to %s only", changes, want)
	}
}

func TestInputsAreFollowedIntoLocalActionsAndWorkflows(t *testing.T) {
	dir := tree(t, map[string]string{
		".github/actions/setup/action.yml": `inputs: { buildx: { default: latest }, kit: { required: true } }
runs:
  using: composite
  steps:
    - uses: docker/setup-buildx-action@v3
      with:
        version: ${{ inputs.buildx }}
        driver-opts: image=moby/buildkit:${{ inputs.kit }}
`,
		".github/workflows/build.yml": `on: { workflow_call: { inputs: { version: { type: string } } } }
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: docker/setup-buildx-action@v3
        with:
          version: ${{ inputs.version }}
`,
		".github/workflows/ci.yml": `on: push
jobs:
  one:
    runs-on: ubuntu-latest
    strategy: { matrix: { kit: [v0.11.0] } }
    steps:
      - uses: ./.github/actions/setup
        with: { buildx: v0.12.0, kit: "${{ matrix.kit }}", other: v0.1.0 }
      - run: docker buildx build --cache-to type=gha .
  two:
    uses: ./.github/workflows/build.yml
    with: { version: v0.13.0 }
`,
	})
	got := brief(t, mustCheck(t, dir, migrate.Options{}), dir)
	want := []string{
		".github/actions/setup/action.yml buildkit-image advice moby/buildkit:${{ inputs.kit }}",
		".github/workflows/build.yml buildx-version advice ${{ inputs.version }}",
		".github/workflows/ci.yml buildkit-image certain v0.11.0",
		".github/workflows/ci.yml buildx-version certain v0.12.0",
		".github/workflows/ci.yml buildx-version advice v0.13.0",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestCommitsAreAskedFor(t *testing.T) {
	const unknown = "1234567890123456789012345678901234567890"
	workflow := oldSetup + "      - uses: actions/cache@" + unknown + " # v4\n"
	dir := tree(t, map[string]string{".github/workflows/a.yml": workflow})
	for _, tt := range []struct {
		name, tag string
		err       error
		want      string
	}{
		{"an old tag is fixed", "v4.1.0", nil, "actions-cache certain"},
		{"a new tag is fine", "v4.9.9", nil, ""},
		{"no tag is reported", "", nil, "action-pin conditional"},
		{"an error is reported", "", errors.New("no network"), "action-pin conditional"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			resolve := func(_ context.Context, repo, commit string) (string, error) {
				if repo != "actions/cache" || commit != unknown {
					t.Errorf("asked for %s of %s", commit, repo)
				}
				return tt.tag, tt.err
			}
			report := mustCheck(t, dir, migrate.Options{Resolve: resolve, Only: []string{rules.ActionsCache, rules.ActionPin}})
			var got string
			for _, fd := range report.Findings {
				got += fd.Rule + " " + string(fd.Certainty)
				if tt.err != nil && !strings.Contains(fd.Why, tt.err.Error()) {
					t.Errorf("the error is not in %q", fd.Why)
				}
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestOnlyAndService(t *testing.T) {
	dir := tree(t, map[string]string{".github/workflows/a.yml": oldSetup})
	for _, opts := range []migrate.Options{{Only: []string{"nothing"}}, {Service: "v3"}} {
		if _, err := migrate.Check(t.Context(), []string{dir}, opts); err == nil {
			t.Errorf("%+v is accepted", opts)
		}
	}
	if got := mustCheck(t, dir, migrate.Options{Only: []string{rules.BuildxVersion}}).Findings; len(got) != 1 {
		t.Errorf("%d findings of %s, want 1", len(got), rules.BuildxVersion)
	}
	if got := mustCheck(t, dir, migrate.Options{Only: []string{rules.ActionsCache}}).Findings; len(got) != 0 {
		t.Errorf("findings of %s: %v", rules.ActionsCache, got)
	}
	if _, err := migrate.Check(t.Context(), []string{filepath.Join(dir, "missing")}, migrate.Options{}); err == nil {
		t.Error("a path that does not exist is accepted")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := migrate.Check(ctx, []string{dir}, migrate.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v from a cancelled check", err)
	}
}

func TestFilesAreToldByPathOrContent(t *testing.T) {
	const entry = "docker buildx build --cache-to type=gha,version=1 .\n"
	dir := tree(t, map[string]string{
		"ci/build": "#!/usr/bin/env -S bash -eu\n" + entry, "ci/notes": entry, "ci/run.bash": entry, "ci/prog": "#!/usr/bin/python3\n" + entry,
		"GNUmakefile": "x:\n\t" + entry, "rules.mk": "x:\n\t" + entry, ".justfile": "x:\n    " + entry, "Containerfile": "RUN " + entry,
		"docker/app.Dockerfile": "RUN " + entry, "docs/page.md": entry, "vendor/a/b.sh": entry, "node_modules/c.sh": entry,
		"testdata/d.sh": entry, "compose.override.yml": "services: { a: { build: { cache_to: ['type=gha,version=1'] } } }\n",
		"other.yml": "jobs: { a: { steps: [ { run: 'docker buildx build --cache-to type=gha,version=1' } ] } }\n",
	})
	var got []string
	for _, line := range brief(t, mustCheck(t, dir, migrate.Options{Service: migrate.ServiceV2}), dir) {
		got = append(got, strings.Fields(line)[0])
	}
	want := []string{".justfile", "Containerfile", "GNUmakefile", "ci/build", "ci/run.bash", "compose.override.yml", "docker/app.Dockerfile", "rules.mk"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	named := filepath.Join(dir, "other.yml")
	if r := mustCheck(t, named, migrate.Options{Service: migrate.ServiceV2}); len(r.Findings) != 1 {
		t.Errorf("a workflow that is named by its path has findings %v", r.Findings)
	}
	if r := mustCheck(t, filepath.Join(dir, "docs/page.md"), migrate.Options{}); len(r.Skipped) != 1 {
		t.Errorf("a page is not skipped: %v", r)
	}
}

func TestActHasVersion1Only(t *testing.T) {
	const flag = "      - run: ACTIONS_CACHE_SERVICE_V2=0 docker buildx build --cache-to type=gha,version=1 .\n"
	for _, tt := range []struct {
		name string
		opts migrate.Options
		want int
	}{
		{"what chooses version 2 is left", migrate.Options{}, 1},
		{"unless the service is said", migrate.Options{Service: migrate.ServiceV2}, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := tree(t, map[string]string{".actrc": "-P ubuntu-latest=node\n", ".github/workflows/a.yml": oldSetup + flag})
			report := mustCheck(t, dir, tt.opts)
			if got := len(report.Edits(filepath.Join(dir, ".github/workflows/a.yml"))); got != tt.want {
				t.Errorf("%d edits, want %d of %v", got, tt.want, report.Findings)
			}
			if len(report.Findings) != 3 {
				t.Errorf("findings %v, want three", report.Findings)
			}
		})
	}
}

func TestAdviceIsFixedOnlyIfUnsafeEditsAreWanted(t *testing.T) {
	dir := tree(t, map[string]string{
		".github/workflows/a.yml": "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n" +
			"      - run: docker buildx create --driver-opt image=moby/buildkit:v0.22.0\n" +
			"      - run: docker buildx build --cache-to type=gha .\n",
	})
	for _, unsafe := range []bool{false, true} {
		report := mustCheck(t, dir, migrate.Options{Unsafe: unsafe})
		if len(report.Findings) != 1 || report.Wanted(report.Findings[0]) != unsafe {
			t.Errorf("unsafe %v: findings %v", unsafe, report.Findings)
		}
	}
}

func TestEditsThatChangeTheMeaningAreWithheldBeforeTheyAreOffered(t *testing.T) {
	dir := tree(t, map[string]string{"docker-bake.hcl": "target \"a\" {\n  cache-to = [\"type=gha,version=1\"]\n}\n"})
	report := mustCheck(t, dir, migrate.Options{Service: migrate.ServiceV2})
	path := filepath.Join(dir, "docker-bake.hcl")
	report.AddFinding(path, source.Edit{Start: 0, End: 6, Old: "target", New: "tar get {"})
	changes, err := report.Changes()
	if err != nil || len(changes) != 1 || !strings.Contains(string(changes[0].Now), "version=2") {
		t.Errorf("changes %v, %v", changes, err)
	}
	last := report.Findings[len(report.Findings)-1]
	if len(last.Edits) > 0 || !strings.Contains(last.NoFix, "verifying the edited") {
		t.Errorf("the finding is %+v", last)
	}
}

func TestWhatCannotBeReadIsAnErrorOfItsOwn(t *testing.T) {
	utf16 := func(s string) string {
		var out strings.Builder
		for _, r := range s {
			out.WriteString(string([]byte{byte(r), 0}))
		}
		return out.String()
	}
	for _, tt := range []struct {
		name, path, content string
		named               bool
		why                 string
	}{
		{"Latin-1", ".github/workflows/a.yml", strings.Replace(oldSetup, "build:", "b\xfcild:", 1), false, "not UTF-8"},
		{"UTF-16 with a mark", ".github/workflows/a.yml", "\xff\xfe" + utf16(oldSetup), false, "UTF-16"},
		{"UTF-16 without one", "docker-bake.hcl", utf16(ghaBake), false, "UTF-16"},
		{"invalid YAML", ".github/workflows/a.yml", oldSetup + "  {\n", false, "parsing YAML"},
		{"invalid HCL", "docker-bake.hcl", "target { # type=gha", false, "parsing HCL"},
		{"an unknown kind that is named", "notes.md", "type=gha", true, "unknown kind of file"},
		{"an unknown kind that is found", "notes.md", "type=gha", false, ""},
		{"a file that is read", ".github/workflows/a.yml", oldSetup, false, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := tree(t, map[string]string{tt.path: tt.content})
			path := dir
			if tt.named {
				path = filepath.Join(dir, tt.path)
			}
			report := mustCheck(t, path, migrate.Options{Service: migrate.ServiceV2})
			if tt.why == "" {
				if len(report.Skipped) > 0 {
					t.Errorf("skipped %v", report.Skipped)
				}
				return
			}
			if len(report.Skipped) != 1 || !report.Skipped[0].Failed || !strings.Contains(report.Skipped[0].Why, tt.why) || report.Summary().Failed != 1 {
				t.Errorf("skipped %+v, want %q", report.Skipped, tt.why)
			}
		})
	}
}

func TestSummary(t *testing.T) {
	dir := tree(t, map[string]string{
		".github/workflows/a.yml": oldSetup + "      - uses: docker/setup-buildx-action@v3\n        with:\n          version: v0.13.0 # newer breaks it\n" +
			"      - uses: docker/build-push-action@v6\n        with:\n          cache-to: >-\n            type=gha,mode=max,\n            version=1\n" +
			"  other:\n    runs-on: ubuntu-latest\n    steps:\n      - run: docker buildx create --driver-opt image=moby/buildkit:v0.9.0\n",
		"docker-bake.hcl": "target {",
	})
	report := mustCheck(t, dir, migrate.Options{Service: migrate.ServiceV2})
	want := migrate.Summary{Files: 2, Findings: 4, Fixable: 1, Unsafe: 1, ByHand: 2, Advice: 1}
	if got := report.Summary(); got != want {
		t.Errorf("got %+v, want %+v of %v", got, want, report.Findings)
	}
}

func TestFindingsOfOneFileAreBounded(t *testing.T) {
	files := map[string]string{"pins.sh": strings.Repeat("docker run moby/buildkit:v0.1.0\n", 300)}
	for i := range 400 { // so many that each has the least share
		files[fmt.Sprintf("%d/build.sh", i)] = "true\n"
	}
	dir := tree(t, files)
	report := mustCheck(t, dir, migrate.Options{Service: migrate.ServiceV2})
	if len(report.Findings) != 250 {
		t.Errorf("%d findings, want 250", len(report.Findings))
	}
	if len(report.Skipped) != 1 || report.Skipped[0].Failed || !strings.HasPrefix(report.Skipped[0].Why, "50 more findings are left out") {
		t.Errorf("got %+v, want that 50 are left out", report.Skipped)
	}
}
