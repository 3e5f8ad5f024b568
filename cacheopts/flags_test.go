package cacheopts

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFlagsAreThoseOfThePinnedBuildx(t *testing.T) {
	dir := buildxSource(t)
	for verb, ours := range map[string]flags{"build": buildFlags(), "bake": bakeFlags()} {
		t.Run(verb, func(t *testing.T) {
			buildx := flags{values: map[string]bool{"help": false}, shorts: map[byte]string{'h': "help"}}
			buildx.declared(t, filepath.Join(dir, verb+".go"), verb+"Cmd")
			buildx.declared(t, filepath.Join(dir, "build.go"), "commonBuildFlags")
			buildx.declared(t, filepath.Join(dir, "root.go"), "rootFlags")
			if diff := cmp.Diff(buildx, ours, cmp.AllowUnexported(flags{})); diff != "" {
				t.Errorf("flags of buildx %s (-buildx +cacheopts):\n%s", verb, diff)
			}
		})
	}
}

// buildxSource is the folder of the pinned buildx's commands. Its help hides
// some flags, and its package drags a debugger along, so the test reads the
// declarations.
func buildxSource(t *testing.T) string {
	t.Helper()
	dir, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/docker/buildx").Output()
	if err != nil {
		t.Fatalf("finding buildx's source: %v", err)
	}
	return filepath.Join(strings.TrimSpace(string(dir)), "commands")
}

// declared adds the flags that a function declares on its variable `flags`. A
// call that it does not understand fails the test.
func (f flags) declared(t *testing.T, file, function string) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	before := len(f.values)
	ast.Inspect(parsed, func(n ast.Node) bool {
		if decl, ok := n.(*ast.FuncDecl); ok && decl.Name.Name != function {
			return false
		}
		switch n := n.(type) {
		case *ast.CallExpr:
			if method, ok := flagsMethod(n); ok {
				f.declare(t, method, literals(n.Args))
			}
		case *ast.AssignStmt:
			if target, ok := n.Lhs[0].(*ast.SelectorExpr); ok && target.Sel.Name == "NoOptDefVal" {
				lookup, ok := target.X.(*ast.CallExpr)
				if !ok {
					t.Fatalf("%s: NoOptDefVal of something else than flags.Lookup", function)
				}
				f.values[literals(lookup.Args)[0]] = false
			}
		}
		return true
	})
	if len(f.values) == before {
		t.Fatalf("%s declares no flags in %s", function, file)
	}
}

func flagsMethod(call *ast.CallExpr) (string, bool) {
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return "", false
	}
	on, ok := sel.X.(*ast.Ident)
	return sel.Sel.Name, ok && on.Name == "flags"
}

func (f flags) declare(t *testing.T, method string, names []string) {
	t.Helper()
	switch method {
	case "MarkHidden", "MarkDeprecated", "SetAnnotation", "Lookup":
		return
	case "BoolVarP", "VarP", "VarPF", "StringVarP", "StringArrayVarP":
		if names[1] != "" {
			f.shorts[names[1][0]] = names[0]
		}
	case "Bool", "BoolVar", "Var", "StringVar", "StringArrayVar", "StringSliceVar":
	default:
		t.Fatalf("buildx declares flags by %s, which this test does not know", method)
	}
	f.values[names[0]] = !strings.HasPrefix(method, "Bool")
}

func literals(args []ast.Expr) []string {
	var out []string
	for _, arg := range args {
		if lit, ok := arg.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			if s, err := strconv.Unquote(lit.Value); err == nil {
				out = append(out, s)
			}
		}
	}
	return out
}
