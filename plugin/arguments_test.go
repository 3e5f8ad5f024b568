package plugin

import (
	"slices"
	"strings"
	"testing"
)

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

func TestDockerCommand(t *testing.T) {
	for line, want := range map[string]string{
		"docker build .": "build .",
		"docker --log-level error buildx build --builder x .": "buildx build --builder x .",
		"/usr/bin/docker -Dc x buildx --builder x build":      "buildx --builder x build",
		"docker": "",
	} {
		if got := strings.Join(dockerCommand(strings.Fields(line)), " "); got != want {
			t.Errorf("%q has the command %q, want %q", line, got, want)
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
