package source

import "testing"

func TestFilesAreComparedByTheirOwnParser(t *testing.T) {
	for _, tt := range []struct {
		name     string
		kind     Kind
		was, now string
		same     bool
	}{
		{"a version in a Makefile", Make, "V = v0.12.0\n", "V = v0.38.2\n", true},
		{"a variable of make is taken out", Make, "x:\n\tbuild type=gha,token=$(T) .\n", "x:\n\tbuild type=gha .\n", true},
		{"a bracket is left over in a recipe", Make, "x:\n\tbuild type=gha,token=$(T) .\n", "x:\n\tbuild type=gha) .\n", false},
		{"a bracket is left over in a variable", Make, "X = type=gha,token=$(T)\n", "X = type=gha)\n", false},
		{"a variable of make loses its end", Make, "X = $(T)\n", "X = $(T\n", false},
		{"a command of the shell is taken out", Make, "x:\n\tbuild type=gha,token=$$(cat t) .\n", "x:\n\tbuild type=gha .\n", true},
		{"a quote is left over", Make, "x:\n\tbuild 'type=gha' .\n", "x:\n\tbuild 'type=gha .\n", false},
		{"another command", Make, "x:\n\tbuild a\n", "x:\n\tbuild a; b\n", false},
		{"a recipe of another language stays one", Make, "x:\n\timport 'os'; f(\n", "x:\n\timport 'sys'; f(\n", true},
		{"a variable of a script is taken out", Shell, "build type=gha,token=$T .\n", "build type=gha .\n", true},
		{"a word more", Shell, "build type=gha .\n", "build type= gha .\n", false},
		{"a bracket is left over in a script", Shell, "build type=gha,token=$(T) .\n", "build type=gha) .\n", false},
		{"a string of a bake file", HCL, "x = \"v0.12.0\"\n", "x = \"v0.38.2\"\n", true},
		{"a quote more in a bake file", HCL, "x = \"v0.12.0\"\n", "x = \"v0.38.2\"\"\n", false},
		{"a bracket of just", Just, "x:\n  build {{ a }}\n", "x:\n  build {{ a }\n", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := &File{Path: "x", Kind: tt.kind, Src: []byte(tt.was)}
			if err := f.verify([]byte(tt.now), nil); (err == nil) != tt.same {
				t.Errorf("got %v", err)
			}
		})
	}
}
