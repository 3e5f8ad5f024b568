package cacheopts

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNotesTellProgramsWhatTheyAreAbout(t *testing.T) {
	absent := func(rt *Runtime) { rt.Token, rt.URL, rt.URLV2 = "", "", "" }
	noV2 := func(rt *Runtime) { rt.Version, rt.V1Gone, rt.V1Only = 1, false, "Gitea" }
	both := []string{"ACTIONS_RUNTIME_TOKEN", "ACTIONS_RESULTS_URL"}
	tests := []struct {
		runtime func(*Runtime)
		reqs    []string
		want    Note // without its words
	}{
		{nil, []string{"to type= GHA"}, Note{Code: CodeMisspeltType, Level: LevelError, Side: To, Attr: "type", Values: []string{" GHA"}}},
		{nil, []string{"a/from type=gha,scop=x", "b/from type=gha,scop=x"}, Note{Code: CodeMisspeltAttribute, Level: LevelError, Side: From, Targets: []string{"a", "b"}, Attr: "scop", Values: []string{"x"}}},
		{nil, []string{"to type=gha,mode=all"}, Note{Code: CodeBadValue, Level: LevelError, Side: To, Attr: "mode", Values: []string{"all"}}},
		{nil, []string{"to type=gha,token=a b"}, Note{Code: CodeBadValue, Level: LevelError, Side: To, Attr: "token", Values: []string{redacted}}},
		{nil, []string{"to type=gha,compression=zstd"}, Note{Code: CodeUnknownAttribute, Level: LevelWarning, Side: To, Attr: "compression", Values: []string{redacted}}},
		{nil, []string{"app/from type=gha,mode=max"}, Note{Code: CodeOtherSide, Level: LevelWarning, Side: From, Targets: []string{"app"}, Attr: "mode", Values: []string{"max"}}},
		{nil, []string{"to gha"}, Note{Code: CodeBareGHA, Level: LevelWarning, Side: To, Values: []string{"gha"}}},

		{absent, []string{"to type=gha", "from type=gha"}, Note{Code: CodeNoRuntime, Level: LevelError, Values: both}},
		{as(""), []string{"to type=gha,ignore-error=true"}, Note{Code: CodeNoRuntime, Level: LevelWarning, Values: both[:1]}},
		{outside, []string{"to type=gha"}, Note{Code: CodeNoJob, Level: LevelWarning, Values: both}},
		{as("unreadable"), []string{"to type=gha"}, Note{Code: CodeUnusableToken, Level: LevelError, Attr: "token"}},
		{as("expired"), []string{"to type=gha"}, Note{Code: CodeExpiredToken, Level: LevelError, Attr: "token", Values: []string{"2026-03-01T12:00:00Z"}}},
		{nil, []string{"to type=gha,token=unreadable"}, Note{Code: CodeUnusableToken, Level: LevelError, Side: To, Attr: "token"}},
		{nil, []string{"app/from type=gha,token=expired"}, Note{Code: CodeExpiredToken, Level: LevelError, Side: From, Targets: []string{"app"}, Attr: "token", Values: []string{"2026-03-01T12:00:00Z"}}},
		{as("read-only"), []string{"to type=gha"}, Note{Code: CodeReadOnlyToken, Level: LevelWarning, Side: To, Attr: "token"}},
		{as("write-only"), []string{"from type=gha"}, Note{Code: CodeWriteOnlyToken, Level: LevelWarning, Side: From, Attr: "token"}},
		{func(rt *Runtime) { rt.URLV2 = "nonsense" }, []string{"to type=gha"}, Note{Code: CodeBadURL, Level: LevelError, Attr: "url_v2", Values: []string{"ACTIONS_RESULTS_URL"}}},
		{nil, []string{"to type=gha,version=1"}, Note{Code: CodeVersionGone, Level: LevelError, Attr: "version", Values: []string{"1"}}},
		{noV2, []string{"to type=gha,version=2"}, Note{Code: CodeVersionMissing, Level: LevelError, Attr: "version", Values: []string{"2"}}},

		{nil, []string{"to type=gha,url=" + ownURL + ",url_v2=" + ownURLV2}, Note{Code: CodeIgnoredURL, Level: LevelInfo, Attr: "url", Values: []string{ownURL}}},
		{outsideListing, []string{"to type=gha,repository=o/n"}, Note{Code: CodeHalfListing, Level: LevelWarning, Side: To, Attr: "repository", Values: []string{"o/n"}}},
		{outsideListing, []string{"to type=gha,ghtoken=g"}, Note{Code: CodeHalfListing, Level: LevelWarning, Side: To, Attr: "ghtoken"}},
		{nil, []string{"app/to type=gha,token=x", "app/from type=gha"}, Note{Code: CodeDifferentToken, Level: LevelWarning, Side: To, Targets: []string{"app"}, Attr: "token"}},
		{nil, []string{"a/to type=gha", "b/to type=gha"}, Note{Code: CodeSharedScope, Level: LevelWarning, Side: To, Targets: []string{"a", "b"}, Attr: "scope", Values: []string{"buildkit"}}},
		{nil, []string{"to type=gha", "to type=gha,mode=max"}, Note{Code: CodeSharedScope, Level: LevelWarning, Side: To, Attr: "scope", Values: []string{"buildkit"}}},
	}
	seen := map[Code]bool{CodeUnreadable: true} // of a Problem only: such a value has no entry
	for _, tt := range tests {
		seen[tt.want.Code] = true
		t.Run(string(tt.want.Code)+" "+strings.Join(tt.reqs, " "), func(t *testing.T) {
			rt := job()
			if tt.runtime != nil {
				tt.runtime(&rt)
			}
			notes := Complete(requests(t, tt.reqs...), rt, Options{}).Notes
			if len(notes) == 0 {
				t.Fatal("no note")
			}
			notes[0].Text, notes[0].Hint = "", ""
			if diff := cmp.Diff(tt.want, notes[0]); diff != "" {
				t.Error(diff)
			}
		})
	}
	for _, code := range codes(t) {
		if !seen[code] {
			t.Errorf("no test has a note of code %q", code)
		}
	}
}

// codes are the constants of code.go.
func codes(t *testing.T) (all []Code) {
	t.Helper()
	ast.Inspect(parsed(t, "code.go"), func(n ast.Node) bool {
		if s, ok := n.(*ast.ValueSpec); ok {
			for _, v := range s.Values {
				all = append(all, Code(text(t, v)))
			}
		}
		return true
	})
	if len(all) < 15 {
		t.Errorf("found only %d codes", len(all))
	}
	return all
}

func parsed(t *testing.T, file string) *ast.File {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func text(t *testing.T, e ast.Expr) string {
	t.Helper()
	literal, ok := e.(*ast.BasicLit)
	if !ok {
		t.Fatalf("%v is no literal", e)
	}
	value, err := strconv.Unquote(literal.Value)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// The library is for other tools as well, which have neither this plugin's commands
// nor its options.
func TestNoTextSpeaksOfThePlugin(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	looked := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		looked++
		for _, word := range []string{"ghacache", "--gha-", "GHACACHE_"} {
			if strings.Contains(string(source), word) {
				t.Errorf("%s says %q", file, word)
			}
		}
	}
	if looked < 10 {
		t.Errorf("looked at %d files", looked)
	}
}
