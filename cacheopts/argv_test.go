package cacheopts

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/spf13/pflag"
	"pgregory.net/rapid"
)

func TestScanBuild(t *testing.T) {
	tests := []struct {
		name string
		args []string
		want []Arg
	}{
		{"no arguments", nil, nil},
		{"a value in the next word", []string{"--cache-to", "type=gha", "."}, []Arg{
			{Name: "cache-to", Value: "type=gha", HasValue: true, Words: []string{"--cache-to", "type=gha"}},
			{Value: ".", Words: []string{"."}},
		}},
		{"a value after an equals sign", []string{"--cache-from=type=gha"}, []Arg{
			{Name: "cache-from", Value: "type=gha", HasValue: true, Words: []string{"--cache-from=type=gha"}},
		}},
		{"an empty value is a value", []string{"--cache-to="}, []Arg{
			{Name: "cache-to", HasValue: true, Words: []string{"--cache-to="}},
		}},
		{"a value that looks like a flag", []string{"--tag", "--cache-to", "x"}, []Arg{
			{Name: "tag", Value: "--cache-to", HasValue: true, Words: []string{"--tag", "--cache-to"}},
			{Value: "x", Words: []string{"x"}},
		}},
		{"a value that is missing at the end", []string{".", "--cache-to"}, []Arg{
			{Value: ".", Words: []string{"."}},
			{Name: "cache-to", Words: []string{"--cache-to"}},
		}},
		{"a boolean takes no next word", []string{"--push", "."}, []Arg{
			{Name: "push", Words: []string{"--push"}},
			{Value: ".", Words: []string{"."}},
		}},
		{"check has an optional value and takes no next word", []string{"--check", "."}, []Arg{
			{Name: "check", Words: []string{"--check"}},
			{Value: ".", Words: []string{"."}},
		}},
		{"an unknown long flag takes no next word", []string{"--brand-new", "--cache-to", "type=gha"}, []Arg{
			{Name: "brand-new", Words: []string{"--brand-new"}},
			{Name: "cache-to", Value: "type=gha", HasValue: true, Words: []string{"--cache-to", "type=gha"}},
		}},
		{"a flag of ours is itself, though it might be the value of an unknown one", []string{"--brand-new", "--cache-to", "."}, []Arg{
			{Name: "brand-new", Words: []string{"--brand-new"}},
			{Name: "cache-to", Value: ".", HasValue: true, Words: []string{"--cache-to", "."}},
		}},
		{"the value of an unknown flag is safe after an equals sign", []string{"--brand-new=--cache-to", "."}, []Arg{
			{Name: "brand-new", Value: "--cache-to", HasValue: true, Words: []string{"--brand-new=--cache-to"}},
			{Value: ".", Words: []string{"."}},
		}},
		{"options of this plugin are like unknown flags", []string{"--gha-dry-run=json", "--gha-strict", "."}, []Arg{
			{Name: "gha-dry-run", Value: "json", HasValue: true, Words: []string{"--gha-dry-run=json"}},
			{Name: "gha-strict", Words: []string{"--gha-strict"}},
			{Value: ".", Words: []string{"."}},
		}},
		{"an unknown short flag keeps the rest of its word", []string{"-zt", "x"}, []Arg{
			{Name: "z", Value: "t", HasValue: true, Words: []string{"-zt"}},
			{Value: "x", Words: []string{"x"}},
		}},
		{"a cluster that ends in a value flag", []string{"-qf", "Dockerfile", "."}, []Arg{
			{Name: "quiet"},
			{Name: "file", Value: "Dockerfile", HasValue: true, Words: []string{"-qf", "Dockerfile"}},
			{Value: ".", Words: []string{"."}},
		}},
		{"a value glued to its letter", []string{"-Dtfoo"}, []Arg{
			{Name: "debug"},
			{Name: "tag", Value: "foo", HasValue: true, Words: []string{"-Dtfoo"}},
		}},
		{"a value after a letter and an equals sign", []string{"-t=foo", "-q=false"}, []Arg{
			{Name: "tag", Value: "foo", HasValue: true, Words: []string{"-t=foo"}},
			{Name: "quiet", Value: "false", HasValue: true, Words: []string{"-q=false"}},
		}},
		{"a dash alone is an operand", []string{"-f", "-", "-"}, []Arg{
			{Name: "file", Value: "-", HasValue: true, Words: []string{"-f", "-"}},
			{Value: "-", Words: []string{"-"}},
		}},
		{"after two dashes everything is an operand", []string{"--", "--cache-to", "type=gha"}, []Arg{
			{Name: "--", Words: []string{"--"}},
			{Value: "--cache-to", Words: []string{"--cache-to"}},
			{Value: "type=gha", Words: []string{"type=gha"}},
		}},
		{"an empty word is an operand", []string{""}, []Arg{{Words: []string{""}}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, ScanBuild(tt.args)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestScanBakeKnowsItsOwnFlags(t *testing.T) {
	got := ScanBake([]string{"-f", "a.hcl", "--print", "--set", "*.cache-to=type=gha", "-t", "default"})
	want := []Arg{
		{Name: "file", Value: "a.hcl", HasValue: true, Words: []string{"-f", "a.hcl"}},
		{Name: "print", Words: []string{"--print"}},
		{Name: "set", Value: "*.cache-to=type=gha", HasValue: true, Words: []string{"--set", "*.cache-to=type=gha"}},
		{Name: "t", Words: []string{"-t"}},
		{Value: "default", Words: []string{"default"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestArgSideIsThatOfACacheFlagWithAValue(t *testing.T) {
	args := ScanBuild([]string{"--cache-to=a", "--cache-from", "b", "--tag=c", ".", "--cache-to"})
	var got []Side
	for _, arg := range args {
		got = append(got, arg.Side())
	}
	if want := []Side{To, From, 0, 0, 0}; !slices.Equal(got, want) {
		t.Errorf("sides %v, want %v", got, want)
	}
}

func TestArgWithValueKeepsTheForm(t *testing.T) {
	for _, tt := range []struct {
		name, value string
		args, want  []string
	}{
		{"after an equals sign", "b", []string{"--cache-to=a"}, []string{"--cache-to=b"}},
		{"in the next word", "b", []string{"--cache-to", "a"}, []string{"--cache-to", "b"}},
		{"a long flag that had no value", "false", []string{"--push"}, []string{"--push=false"}},
		{"after a letter", "b", []string{"-t", "a"}, []string{"-t", "b"}},
		{"glued to the last letter of a cluster", "bar", []string{"-qtfoo"}, []string{"-qtbar"}},
		{"after a cluster", "b", []string{"-qt", "a"}, []string{"-qt", "b"}},
		{"after a cluster and an equals sign", "b", []string{"-qt=a"}, []string{"-qt=b"}},
		{"a glued value that becomes empty", "", []string{"-qtfoo"}, []string{"-qt", ""}},
		{"a value after an equals sign that becomes empty", "", []string{"-qt=foo"}, []string{"-qt", ""}},
		{"a glued value that begins with an equals sign", "=b", []string{"-qtfoo"}, []string{"-qt==b"}},
		{"the last letter of a cluster had no value", "false", []string{"-Dq"}, []string{"-Dq=false"}},
		{"an operand", "b", []string{"a"}, []string{"b"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			args := ScanBuild(tt.args)
			args[len(args)-1] = args[len(args)-1].WithValue(tt.value)
			if got := Words(args); !slices.Equal(got, tt.want) {
				t.Errorf("%q became %q, want %q", tt.args, got, tt.want)
			}
		})
	}
}

func TestArgWithValueCannotReachIntoACluster(t *testing.T) {
	args := ScanBuild([]string{"-qf", "Dockerfile"})
	if got := args[0].WithValue("false"); !cmp.Equal(got, args[0]) {
		t.Errorf("-q of -qf became %+v", got)
	}
}

func TestArgWithValueChangesThatValueOnly(t *testing.T) {
	changed := 0
	rapid.Check(t, func(t *rapid.T) {
		args := ScanBuild(commandLine().Draw(t, "args"))
		value := rapid.OneOf(rapid.SampledFrom([]string{"", "=", "-q", "--", "type=gha"}), rapid.String()).Draw(t, "value")
		for i, arg := range args {
			if !arg.HasValue || len(arg.Words) == 0 || !buildFlags().values[arg.Name] {
				continue
			}
			changed++
			want := slices.Clone(args)
			want[i].Value = value
			again := ScanBuild(Words(slices.Concat(args[:i], []Arg{arg.WithValue(value)}, args[i+1:])))
			if diff := cmp.Diff(want, again, cmpopts.IgnoreFields(Arg{}, "Words")); diff != "" {
				t.Fatalf("%q: %s=%q (-want +got):\n%s", Words(args), arg.Name, value, diff)
			}
		}
	})
	if changed == 0 {
		t.Error("no value was changed")
	}
}

// commandLine generates words of which many are flags of buildx.
func commandLine() *rapid.Generator[[]string] {
	known := strings.Fields(strings.ReplaceAll(buildValues+" "+buildBooleans, ",", " "))
	return rapid.SliceOfN(rapid.OneOf(
		rapid.Map(rapid.SampledFrom(known), func(name string) string { return "--" + name }),
		rapid.Map(rapid.SampledFrom(known), func(name string) string { return "--" + name + "=v" }),
		rapid.StringMatching(`-[Dqhftomcz=a]{1,4}`),
		rapid.SampledFrom([]string{"--", "-", "", ".", "--gha-strict", "type=gha,scope=x", "--=x", "---"}),
		rapid.String(),
	), 0, 8)
}

// oracle is pflag with the flags of buildx build.
func oracle() *pflag.FlagSet {
	set, f := pflag.NewFlagSet("build", pflag.ContinueOnError), buildFlags()
	letters := map[string]string{}
	for letter, name := range f.shorts {
		letters[name] = string(letter)
	}
	for name, takes := range f.values {
		if takes {
			set.StringArrayP(name, letters[name], nil, "")
		} else {
			set.BoolP(name, letters[name], false, "")
		}
	}
	return set
}

func TestScanBuildReadsAsPflagDoes(t *testing.T) {
	type flag struct{ Name, Value string }
	compared := 0
	rapid.Check(t, func(t *rapid.T) {
		args := commandLine().Draw(t, "args")
		var want, got []flag
		set := oracle()
		err := set.ParseAll(args, func(f *pflag.Flag, value string) error {
			want = append(want, flag{f.Name, value})
			return nil
		})
		if err != nil {
			return // a flag that pflag does not know, or one without its value
		}
		compared++
		operands := []string{}
		for _, arg := range ScanBuild(args) {
			switch {
			case arg.Operand():
				operands = append(operands, arg.Value)
			case arg.HasValue:
				got = append(got, flag{arg.Name, arg.Value})
			case arg.Name != "--":
				got = append(got, flag{arg.Name, "true"})
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%q: flags (-pflag +ScanBuild):\n%s", args, diff)
		}
		if diff := cmp.Diff(set.Args(), operands); diff != "" {
			t.Fatalf("%q: operands (-pflag +ScanBuild):\n%s", args, diff)
		}
	})
	if compared == 0 {
		t.Error("pflag took no command line at all")
	}
}

func TestWordsPutTheCommandLineTogetherAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		args := commandLine().Draw(t, "args")
		if got := Words(ScanBuild(args)); !slices.Equal(got, args) {
			t.Fatalf("build: %q became %q", args, got)
		}
		if got := Words(ScanBake(args)); !slices.Equal(got, args) {
			t.Fatalf("bake: %q became %q", args, got)
		}
	})
}

func FuzzScan(f *testing.F) {
	for _, seed := range []string{"--cache-to\ntype=gha\n.", "-qf\nDockerfile\n--\n-x", "--gha-dry-run=json\n-t=x\n-", "--cache-to", "-\n\n--="} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, lines string) {
		args := strings.Split(lines, "\n")
		for _, scanned := range [][]Arg{ScanBuild(args), ScanBake(args)} {
			if got := Words(scanned); !slices.Equal(got, args) {
				t.Fatalf("%q became %q", args, got)
			}
			for _, arg := range scanned {
				if len(arg.Words) > 2 {
					t.Fatalf("%q: %q has more than two words", args, arg.Words)
				}
			}
		}
	})
}
