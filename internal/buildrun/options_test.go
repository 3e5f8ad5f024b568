package buildrun

import (
	"slices"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/cacheopts"
	"github.com/docker-ghacache/docker-ghacache/internal/buildrun/relaying"
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
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
				"GHACACHE_RELAY": "require", "GHACACHE_RELAY_ADDRESS": "10.0.0.5:4000",
			},
			want: ghaOptions{
				dryRun: "json", strict: true, skip: true, createBuilder: true, allowDockerDriver: true, scopePerTarget: true,
				relay: relaying.Require, relayAddress: relaying.Address{Host: "10.0.0.5", Port: "4000"},
			},
		},
		{
			name: "an option overrides its variable", verb: "build", env: map[string]string{"GHACACHE_STRICT": "1", "GHACACHE_DRY_RUN": "1"},
			args: []string{"--gha-strict=false", "--gha-dry-run=false"},
		},
		{name: "an empty variable is none", verb: "build", env: map[string]string{"GHACACHE_STRICT": ""}},
		{name: "bake's variable does not disturb build", verb: "build", env: map[string]string{"GHACACHE_SCOPE_PER_TARGET": "nonsense"}},
		{name: "bake's option is none of build's", verb: "build", args: []string{"--gha-scope-per-target"}, err: "--gha-scope-per-target is an option of bake"},
		{name: "a bad variable", verb: "build", env: map[string]string{"GHACACHE_STRICT": "on"}, err: `reading GHACACHE_STRICT: "on" is not a value of --gha-strict`},
		{name: "a bad value", verb: "build", args: []string{"--gha-dry-run=yaml"}, err: `"yaml" is not a value of --gha-dry-run`},
		{name: "a value in the next word", verb: "build", args: []string{"--gha-relay", "require", "."}, rest: []string{"."}, want: ghaOptions{relay: relaying.Require}},
		{name: "an option with an optional value leaves the next word to buildx", verb: "build", args: []string{"--gha-dry-run", "."}, rest: []string{"."}, want: ghaOptions{dryRun: dryRunText}},
		{name: "a bad value in the next word", verb: "build", args: []string{"--gha-write", "maybe", "."}, err: `"maybe" is not a value of --gha-write`},
		{name: "a flag is not a value", verb: "build", args: []string{"--gha-write", "--load", "."}, err: "--gha-write needs a value"},
		{name: "a misspelled option", verb: "build", args: []string{"--gha-stict", "."}, err: "unknown flag --gha-stict"},
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

func TestBadOptionsNameTheFix(t *testing.T) {
	for word, want := range map[string]string{
		"--gha-stict":           "--gha-strict",
		"--gha-nothing-like-it": "docker ghacache build --help",
		"--gha-summary=x":       "--gha-summary=auto|true|false",
		"--gha-strict=x":        "--gha-strict=true",
		"--gha-mounts-max=x":    "--gha-mounts-max=2GB",
		"--gha-relay-address":   "--gha-relay-address=HOST[:PORT]",
	} {
		_, _, err := takeOptions("build", cacheopts.ScanBuild([]string{word}), func(string) (string, bool) { return "", false })
		if got := hint.Of(err); got != want {
			t.Errorf("%s: got hint %q, want %q", word, got, want)
		}
	}
}
