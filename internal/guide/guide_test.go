package guide_test

import (
	"strings"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/guide"

	"github.com/google/go-cmp/cmp"
)

// page writes fences as ”' so that a page fits into a raw string.
func page(text string) string { return strings.ReplaceAll(text, "'''", "```") }

func TestBlocks(t *testing.T) {
	for name, c := range map[string]struct {
		page string
		want []guide.Block
		err  string
	}{
		"commands":                  {"Do this:\n\n'''console\n$ ls\n'''\n", []guide.Block{{Line: 4, Lang: "console", Text: "$ ls\n"}}, ""},
		"a block in a list":         {"- so:\n  '''sh\n  if a; then\n    b\n  fi\n  '''", []guide.Block{{Line: 3, Lang: "sh", Text: "if a; then\n  b\nfi\n"}}, ""},
		"a file":                    {"'''hcl\n# docker-bake.hcl\na\n'''", []guide.Block{{Line: 2, Lang: "hcl", Text: "# docker-bake.hcl\na\n", File: "docker-bake.hcl"}}, ""},
		"a workflow":                {"'''yaml\n# .github/workflows/a.yml\n'''", []guide.Block{{Line: 2, Lang: "yaml", Text: "# .github/workflows/a.yml\n", File: ".github/workflows/a.yml"}}, ""},
		"a comment is no file":      {"'''yaml\n# so do the others\n'''", []guide.Block{{Line: 2, Lang: "yaml", Text: "# so do the others\n"}}, ""},
		"a reason":                  {"<!-- not run: needs GitHub -->\n\n'''json\n'''", []guide.Block{{Line: 4, Lang: "json", Reason: "needs GitHub"}}, ""},
		"a reason is for one block": {"<!-- not run: needs GitHub -->\n'''sh\n'''\n'''sh\n'''", []guide.Block{{Line: 3, Lang: "sh", Reason: "needs GitHub"}, {Line: 5, Lang: "sh"}}, ""},
		"a reason further up":       {"<!-- not run: needs GitHub -->\ntext\n'''sh\n'''", []guide.Block{{Line: 4, Lang: "sh"}}, ""},
		"no language":               {"'''\nls\n'''", nil, `line 2: a block with the language "" is not run`},
		"a language nobody runs":    {"a\n'''hcl\n'''", nil, `line 3: a block with the language "hcl" is not run, and no comment before it says why`},
		"a reason that is empty":    {"<!-- not run: -->\n'''hcl\n'''", nil, "no comment before it says why"},
		"a fence that is left open": {"'''sh\nls\n", nil, "line 2: the block does not end"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := guide.Blocks(page(c.page))
			if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Fatalf("error %v, want %q", err, c.err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestCommands(t *testing.T) {
	for name, c := range map[string]struct {
		lang, text string
		want       []guide.Command
		err        string
	}{
		"with output":          {"console", "$ a\none\n\ntwo\n$ b   # why\n", []guide.Command{{10, "a", []string{"one", "two"}}, {14, "b   # why", nil}}, ""},
		"over several lines":   {"console", "$ a \\\n    b \\\n    c\nout\n", []guide.Command{{10, "a \\\n    b \\\n    c", []string{"out"}}}, ""},
		"a script":             {"sh", "a\nb\n", []guide.Command{{10, "a\nb\n", nil}}, ""},
		"a workflow":           {"yaml", "jobs:\n", nil, ""},
		"output of no command": {"console", "one\n$ a\n", nil, `line 10: "one" is in front of the first command`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := guide.Block{Line: 10, Lang: c.lang, Text: c.text}.Commands()
			if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Fatalf("error %v, want %q", err, c.err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestCompare(t *testing.T) {
	for name, c := range map[string]struct {
		shown, printed string
		same           bool
	}{
		"nothing shown":             {"", "a", true},
		"the same":                  {"a\nb", "a\nb\n", true},
		"lines between":             {"a\nc", "a\nb\nc", true},
		"another order":             {"b\na", "a\nb", false},
		"a line that is not there":  {"a\nb", "a", false},
		"a part of a line":          {"a", "a b", false},
		"any text":                  {"a ... c", "a b b c", true},
		"any line":                  {"...", "a", true},
		"any numbers":               {"2 layers (1.5MB)", "13 layers (900kB)", true},
		"a number and a word":       {"2 layers", "no layers", false},
		"columns":                   {"SCOPE  REF", "SCOPE     REF", true},
		"signs of regular patterns": {"a (b) [c]", "a (b) [c]", true},
		"another text":              {"a+", "aa", false},
	} {
		t.Run(name, func(t *testing.T) {
			var command guide.Command
			if c.shown != "" {
				command.Output = strings.Split(c.shown, "\n")
			}
			if err := command.Compare(c.printed); (err == nil) != c.same {
				t.Errorf("%v, want it to be the same: %v", err, c.same)
			}
		})
	}
}

func TestACommandFailsIfThePageShowsItsError(t *testing.T) {
	for line, fails := range map[string]bool{"error: no": true, "ERROR: no": true, "::error::no": true, "warning: no": false, "an error: no": false} {
		if got := (guide.Command{Output: []string{"a", line}}).Fails(); got != fails {
			t.Errorf("%q: it fails: %v", line, got)
		}
	}
}

func TestSpans(t *testing.T) {
	got := guide.Spans(page("Use `a --b\nc` or `d`.\n'''sh\n`e`\n'''\nThen `f`."))
	if diff := cmp.Diff([]string{"a --b c", "d", "f"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestCalls(t *testing.T) {
	for script, want := range map[string][][]string{
		`docker ghacache ls --scope 'app*' -q   # all`:  {{"ls", "--scope", "app*", "-q"}},
		"docker ghacache build \\\n  -t \"a:$TAG\" . &": {{"build", "-t", "a:_", "."}},
		`A=b docker-ghacache serve --dir "$D" & docker ghacache serve -- docker ghacache du; docker ps`: {
			{"serve", "--dir", "_"}, {"serve"}, {"du"},
		},
		`if true; then docker ghacache prune --keep-storage ${{ env.SIZE }}; fi`: {{"prune", "--keep-storage", "_"}},
		"docker ghacache":      {{}},
		"echo docker ghacache": nil,
		"docker ps":            nil,
	} {
		got, err := guide.Calls(script)
		if err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(want, got, cmp.Transformer("", func(words []string) string { return strings.Join(words, "|") })); diff != "" {
			t.Errorf("%s: %s", script, diff)
		}
	}
	if _, err := guide.Calls("echo '"); err == nil {
		t.Error("a script that bash cannot read was read")
	}
}

func TestScripts(t *testing.T) {
	for name, c := range map[string]struct {
		lang, text string
		want       []string
		err        string
	}{
		"a workflow":        {"yaml", "jobs: {a: {steps: [{uses: b}, {run: c}, {run: \"d\\ne\"}]}}", []string{"c", "d\ne"}, ""},
		"steps":             {"yaml", "- run: a\n- run: |\n    b\n", []string{"a", "b\n"}, ""},
		"several documents": {"yaml", "run: a\n---\nrun: b\n", []string{"a", "b"}, ""},
		"broken YAML":       {"yaml", "a: [", nil, "line 10: reading the YAML"},
		"a console":         {"console", "$ a\nout\n$ b\n", []string{"a", "b"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := guide.Block{Line: 10, Lang: c.lang, Text: c.text}.Scripts()
			if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Fatalf("error %v, want %q", err, c.err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
