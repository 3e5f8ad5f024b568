package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// wrongPages are pages that must fail, each with a part of what TestGuides says about it. ”' is a fence.
var wrongPages = map[string]struct{ page, says string }{
	"a command that fails":             {"'''console\n$ docker ghacache inspect nothing\n'''", `"docker ghacache inspect nothing" ended with 1`},
	"a command that should fail":       {"'''console\n$ true\nerror: no\n'''", `"true" ended with 0`},
	"another output":                   {"'''console\n$ echo one\ntwo\n'''", `"echo one" does not print "two"`},
	"a variable that is not there":     {"'''console\n$ a=b\n$ echo \"-$a\"\n-b\n$ echo \"-$c\"\n-b\n'''", `"echo \"-$c\"" does not print "-b"`},
	"a script that goes on":            {"'''sh\nfalse\ntrue\n'''", "the shell is lost"},
	"no language":                      {"'''\nls\n'''", `a block with the language "" is not run`},
	"a part of a job without a reason": {"'''yaml\nenv: {A: b}\n'''", "neither jobs nor steps"},
	"YAML that cannot be read":         {"'''yaml\njobs: [\n'''", "yaml: "},
	"a step that fails":                {"'''yaml\n- run: docker ghacache inspect nothing\n'''", "a step failed"},
	"a step without the action":        {"'''yaml\njobs: {a: {steps: [{run: docker ghacache ls}]}}\n'''", "a step failed"},
	"an input that the action lacks":   {"'''yaml\n- uses: docker-ghacache/docker-ghacache@v1\n  with: {scopes: app}\n'''", `the action has no input "scopes"`},
	"an option that buildx lacks":      {"<!-- not run: it would -->\n'''console\n$ docker ghacache build --no-such-option .\n'''", "unknown flag: --no-such-option"},
	"a job that writes no cache": {
		"'''yaml\njobs:\n  a:\n    steps:\n      - uses: docker-ghacache/docker-ghacache@v1\n      - run: docker ghacache build --cache-from type=gha,scope=app .\n'''",
		"and the second again",
	},
}

// TestAWrongGuideFails runs TestGuides on pages with mistakes, and on one without.
func TestAWrongGuideFails(t *testing.T) {
	need(t, shared.remote)
	dir := t.TempDir()
	write := func(name, page string) {
		writeFile(t, filepath.Join(dir, "docs/guides", name+".md"), strings.ReplaceAll(page, "'''", "```"))
	}
	writeFile(t, filepath.Join(dir, "README.md"), "nothing to run\n")
	write("right", "'''console\n$ docker ghacache ls\nSCOPE ...\n$ docker ghacache build --cache-to type=gha,mod=x .\nerror: ...\n'''")
	for name, wrong := range wrongPages {
		write(strings.ReplaceAll(name, " ", "-"), wrong.page)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestGuides$", "-test.v")
	cmd.Env = append(os.Environ(), pagesOf+"="+dir)
	out, err := cmd.CombinedOutput()
	if err == nil {
		t.Error("the test of the guides passed")
	}
	runs := strings.Split(string(out), "=== RUN   TestGuides/docs/guides/")
	find := func(name string) string {
		for _, run := range runs {
			if strings.HasPrefix(run, name+".md\n") {
				return run
			}
		}
		t.Fatalf("%s was not run\n%s", name, out)
		return ""
	}
	for name, wrong := range wrongPages {
		name = strings.ReplaceAll(name, " ", "-")
		wantText(t, find(name), wrong.says)
		wantText(t, string(out), "--- FAIL: TestGuides/docs/guides/"+name+".md ")
	}
	wantText(t, string(out), "--- PASS: TestGuides/docs/guides/right.md ")
}
