package buildrun

import (
	"os"
	"strings"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/cacheopts"
)

func TestWhatBuildIsAskedFor(t *testing.T) {
	for _, tt := range []struct {
		args      string
		builds    bool
		platforms int
	}{
		{"", true, 0},
		{"--call=build", true, 0},
		{"--call build,format=json", true, 0},
		{"--call=check,format=json", false, 0},
		{"--print=outline", false, 0},
		{"--check", false, 0},
		{"--check=false", true, 0},
		{"--check --call=build", true, 0},
		{"--call=build --check", false, 0},
		{`--call="`, false, 0},
		{"--platform linux/amd64,linux/arm64 --platform=linux/386", true, 3},
		{"-- --check", true, 0},
	} {
		args := cacheopts.ScanBuild(strings.Fields(tt.args))
		if got := builds(buildCall(args)); got != tt.builds {
			t.Errorf("%q builds: %v", tt.args, got)
		}
		if got := buildPlatforms(args, func(string) (string, bool) { return "", false }); len(got) != tt.platforms {
			t.Errorf("%q builds for platforms %q", tt.args, got)
		}
	}
}

func TestWhatBakeOnlyShows(t *testing.T) {
	for args, want := range map[string]bool{
		"": false, "app": false, "--print": true, "--print=false": false, "--print --print=0": false, "--list=targets": true, "--list=": false,
		"--list-targets": true, "--list-variables=true": true, "--list-targets=false": false,
	} {
		if got := onlyShows(cacheopts.ScanBake(strings.Fields(args))); got != want {
			t.Errorf("%q only shows: %v", args, got)
		}
	}
}

func TestTheLastValueOfAFlagCounts(t *testing.T) {
	inv := &invocation{args: cacheopts.ScanBuild(strings.Fields("--builder a --builder=b -- --builder c"))}
	if got, given := inv.flag("builder"); got != "b" || !given {
		t.Errorf("the builder is %q, %v", got, given)
	}
	if got, given := inv.flag("target"); got != "" || given {
		t.Errorf("the target is %q, %v", got, given)
	}
}

func TestBakeFiles(t *testing.T) {
	for _, tt := range []struct {
		name, args string
		env        map[string]string
		want       string
	}{
		{name: "none"},
		{name: "those of the flag", args: "-f a.hcl --file=- app", env: map[string]string{"BUILDX_BAKE_FILE": "b.hcl"}, want: "a.hcl -"},
		{name: "those of the variable", args: "app", env: map[string]string{"BUILDX_BAKE_FILE": "a.hcl" + string(os.PathListSeparator) + " b.hcl"}, want: "a.hcl b.hcl"},
		{name: "those of the variable, with a separator", env: map[string]string{"BUILDX_BAKE_FILE": "a:b@-", "BUILDX_BAKE_PATH_SEPARATOR": "@"}, want: "a:b -"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			env := &Env{Lookup: func(name string) (string, bool) { value, ok := tt.env[name]; return value, ok }}
			inv := &invocation{env: env, args: cacheopts.ScanBake(strings.Fields(tt.args))}
			if got := strings.Join(inv.bakeFiles(), " "); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
