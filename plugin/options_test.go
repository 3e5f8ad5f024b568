package plugin

import (
	"slices"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/cacheopts"
)

func TestTakeOptions(t *testing.T) {
	tests := []struct {
		name, verb string
		env        map[string]string
		args, rest []string
		want       ghaOptions
		err        string
	}{
		{name: "nothing is set", verb: "build", args: []string{"-t", "x", "."}, rest: []string{"-t", "x", "."}},
		{
			name: "options stand anywhere before the dashes", verb: "build",
			args: []string{"--gha-strict", "-t", "x", "--gha-dry-run", ".", "--", "--gha-strict"},
			rest: []string{"-t", "x", ".", "--", "--gha-strict"},
			want: ghaOptions{strict: true, dryRun: "text"},
		},
		{
			name: "each has a variable", verb: "bake",
			env: map[string]string{
				"GHACACHE_DRY_RUN": "json", "GHACACHE_STRICT": "1", "GHACACHE_CREATE_BUILDER": "true",
				"GHACACHE_ALLOW_DOCKER_DRIVER": "t", "GHACACHE_SCOPE_PER_TARGET": "true", "GHACACHE_SKIP": "1",
			},
			want: ghaOptions{dryRun: "json", strict: true, skip: true, createBuilder: true, allowDockerDriver: true, scopePerTarget: true},
		},
		{
			name: "an option overrides its variable", verb: "build", env: map[string]string{"GHACACHE_STRICT": "1", "GHACACHE_DRY_RUN": "1"},
			args: []string{"--gha-strict=false", "--gha-dry-run=false"},
		},
		{name: "an empty variable is none", verb: "build", env: map[string]string{"GHACACHE_STRICT": ""}},
		{name: "bake's variable does not disturb build", verb: "build", env: map[string]string{"GHACACHE_SCOPE_PER_TARGET": "nonsense"}},
		{name: "bake's option is none of build's", verb: "build", args: []string{"--gha-scope-per-target"}, err: "unknown flag --gha-scope-per-target"},
		{name: "a bad variable", verb: "build", env: map[string]string{"GHACACHE_STRICT": "on"}, err: `reading GHACACHE_STRICT: "on" is no value for --gha-strict`},
		{name: "a bad value", verb: "build", args: []string{"--gha-dry-run=yaml"}, err: `"yaml" is no value for --gha-dry-run`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			lookup := func(name string) (string, bool) { value, ok := tt.env[name]; return value, ok }
			got, rest, err := takeOptions(tt.verb, cacheopts.ScanBuild(tt.args), lookup)
			if err != nil || tt.err != "" {
				if err == nil || err.Error() != tt.err {
					t.Fatalf("got error %v, want %q", err, tt.err)
				}
				return
			}
			if words := cacheopts.Words(rest); got != tt.want || !slices.Equal(words, tt.rest) {
				t.Errorf("got %+v and %q", got, words)
			}
		})
	}
}

func TestGlobalFlags(t *testing.T) {
	tests := []struct {
		name       string
		args, want []string
	}{
		{"none", []string{"ghacache", "build", "."}, []string{}},
		{"words and values", []string{"--context", "x", "-D", "-lerror", "ghacache", "-D", "build"}, []string{"--context", "x", "-D", "-lerror"}},
		{"a value that is the plugin's name", []string{"--context", "ghacache", "ghacache", "build"}, []string{"--context", "ghacache"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := globalFlags(tt.args); !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestParseScopes(t *testing.T) {
	scopes, err := parseScopes([]string{"feature/x", "refs/pull/7/merge", "main:ro"})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range scopes {
		if s.Write {
			s.Ref += " rw"
		}
		got = append(got, s.Ref)
	}
	if want := []string{"refs/heads/feature/x rw", "refs/pull/7/merge rw", "refs/heads/main"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, bad := range []string{"", ":ro", "a b", "a:rw"} {
		if _, err := parseScopes([]string{bad}); err == nil {
			t.Errorf("%q is taken for a ref", bad)
		}
	}
}

func FuzzParseCompletions(f *testing.F) {
	f.Add("--pull\tAlways\n:4\n")
	f.Add(":0")
	f.Fuzz(func(t *testing.T, output string) {
		words, directive := parseCompletions(output)
		if words != nil && directive < 0 {
			t.Errorf("%q gives %q and %d", output, words, directive)
		}
	})
}
