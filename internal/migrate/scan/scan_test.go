package scan_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/migrate/scan"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/scan/scantest"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/source"
)

// entries are the cache entries of a file, each with the bytes that its version
// would be edited in.
func entries(t *testing.T, kind source.Kind, src string) (out []string) {
	t.Helper()
	for _, e := range scantest.Read(t, kind, src).Entries {
		shown := e.Text.Value
		for _, a := range source.Attributes(shown) {
			if a.Key != "scope" {
				continue
			}
			if edit, err := e.Text.Edit(a.From, a.End, ""); err != nil {
				shown += " (" + err.Error() + ")"
			} else if edit.Old != src[edit.Start:edit.End] {
				t.Errorf("an edit of %q, which is %q", edit.Old, src[edit.Start:edit.End])
			} else {
				shown += " @" + edit.Old
			}
		}
		out = append(out, shown)
	}
	return out
}

func TestValuesAreResolvedToTheirBytes(t *testing.T) {
	run := func(script string) string {
		return "on: push\nenv: { S: top }\njobs:\n  a:\n    strategy: { matrix: { s: [one, two] } }\n    steps:\n      - run: " + script + "\n"
	}
	for _, tt := range []struct {
		name string
		kind source.Kind
		src  string
		want []string
	}{
		{"written out", source.Shell, "docker build --cache-to type=gha,scope=app .\n", []string{"type=gha,scope=app @app"}},
		{"a variable of the script", source.Shell, "S=app\ndocker build --cache-to type=gha,scope=$S .\n", []string{"type=gha,scope=app @app"}},
		{"a default", source.Shell, "docker build --cache-to \"type=gha,scope=${S:-app}\" .\n", []string{"type=gha,scope=app @app"}},
		{"the values of a loop", source.Shell, "for s in a b; do docker build --cache-to type=gha,scope=$s .; done\n", []string{"type=gha,scope=a @a", "type=gha,scope=b @b"}},
		{"a variable that nothing sets", source.Shell, "docker build --cache-to type=gha,scope=$S .\n", []string{"type=gha,scope=$S @$S"}},
		{"a comment", source.Shell, "# docker build --cache-to type=gha,scope=app .\n", nil},
		{"a script that does not parse", source.Shell, "docker build --cache-to type=gha,scope=app . )\n", []string{"type=gha,scope=app @app"}},
		{"an expression of env", source.Workflow, run("docker build --cache-to type=gha,scope=${{ env.S }} ."), []string{"type=gha,scope=top @top"}},
		{"a variable from env", source.Workflow, run("docker build --cache-to type=gha,scope=$S ."), []string{"type=gha,scope=top @top"}},
		{"an expression of a matrix", source.Workflow, run("docker build --cache-to type=gha,scope=${{ matrix.s }} ."), []string{"type=gha,scope=one @one", "type=gha,scope=two @two"}},
		{"a choice", source.Workflow, run("docker build --cache-to type=gha,scope=${{ inputs.s || 'x' }} ."), []string{"type=gha,scope=x @x"}},
		{"a variable of a Makefile", source.Make, "S := app\nbuild:\n\tdocker build --cache-to type=gha,scope=$(S) .\n", []string{"type=gha,scope=app @app"}},
		{"a variable of a justfile", source.Just, "s := 'app'\nbuild:\n    docker build --cache-to type=gha,scope={{ s }} .\n", []string{"type=gha,scope=app @app"}},
		{"a build argument", source.Dockerfile, "ARG S=app\nRUN docker build --cache-to type=gha,scope=$S .\n", []string{"type=gha,scope=app @app"}},
		{"a variable of a bake file", source.HCL, "variable \"S\" { default = \"app\" }\ntarget \"a\" { cache-to = [\"type=gha,scope=${S}\"] }\n", []string{"type=gha,scope=app @app"}},
		{"a default of a compose file", source.Compose, "services: { a: { build: { cache_to: ['type=gha,scope=${S:-app}'] } } }\n", []string{"type=gha,scope=app @app"}},
		{"escapes in YAML", source.Compose, "services: { a: { build: { cache_to: [\"type=gha,scope=\\u0061\"] } } }\n", []string{"type=gha,scope=a (it has escapes)"}},
		{"an anchor", source.Compose, "x: &c type=gha,scope=app\nservices: { a: { build: { cache_to: [*c] } } }\n", []string{"type=gha,scope=app (it carries an anchor or a tag)"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := entries(t, tt.kind, tt.src); !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestStepsAndActions(t *testing.T) {
	page := scantest.Read(t, source.Workflow, `on: push
jobs:
  a:
    runs-on: ubuntu-24.04
    env: { X: 1 }
    steps:
      - uses: Docker/Setup-Buildx-Action/sub@v3 # v3.1
        with: { version: v0.12.0 }
      - uses: ./.github/actions/x/
      - uses: docker://example/tool
      - run: make
  b:
    runs-on: [self-hosted]
    uses: ./.github/workflows/y.yml
`)
	if len(page.Actions) != 1 || len(page.Jobs) != 2 || len(page.Jobs[0]) != 4 {
		t.Fatalf("%d actions, %d jobs", len(page.Actions), len(page.Jobs))
	}
	a := page.Actions[0]
	if a.Repo != "docker/setup-buildx-action" || a.Ref != "v3" || a.Comment.Value != "# v3.1" || a.With.Value("version") != "v0.12.0" || a.Runner != scan.Hosted {
		t.Errorf("action %+v", a)
	}
	var calls []string
	for _, c := range page.Calls {
		calls = append(calls, c.Path)
	}
	if got := strings.Join(calls, " "); got != ".github/actions/x .github/workflows/y.yml" {
		t.Errorf("calls %s", got)
	}
	if len(page.Env) != 1 || !page.Env[0].Seen || !slices.Equal(page.Runners, []string{"ubuntu-24.04"}) || page.GHA || page.Containers != nil {
		t.Errorf("page %+v", page)
	}
}

func TestReadRefuses(t *testing.T) {
	for kind, src := range map[source.Kind]string{source.Workflow: "a: [", source.HCL: "a = {", source.Shell: "echo \xff"} {
		if page, err := scan.Read(&source.File{Kind: kind, Src: []byte(src)}); err == nil {
			t.Errorf("%q is read as %+v", src, page)
		}
	}
}
