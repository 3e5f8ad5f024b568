package e2e

import (
	"os/exec"
	"regexp"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/cacheopts"
)

// The help of the pinned buildx says which flags take a value: those with a type.
var helpLine = regexp.MustCompile(`(?m)^  (?:-(\w), |    )--([\w-]+)( (?:string|stringArray|strings|bytes|int|duration|list|\w+\[=?\S*))? {2,}`)

func TestScanTakesFlagsAsBuildxDoes(t *testing.T) {
	need(t, func() (struct{}, error) { return struct{}{}, shared.tools })
	for verb, scan := range map[string]func([]string) []cacheopts.Arg{"build": cacheopts.ScanBuild, "bake": cacheopts.ScanBake} {
		t.Run(verb, func(t *testing.T) {
			cmd := exec.Command(shared.bin("docker-buildx"), verb, "--help")
			cmd.Env = append(cmd.Environ(), "BUILDX_EXPERIMENTAL=1")
			help, err := cmd.Output()
			if err != nil {
				t.Fatal(err)
			}
			flags := helpLine.FindAllStringSubmatch(string(help), -1)
			if len(flags) < 15 {
				t.Fatalf("the help names %d flags only", len(flags))
			}
			for _, f := range flags {
				short, long, takes := f[1], f[2], f[3] != ""
				words := []string{"--" + long}
				if short != "" {
					words = append(words, "-"+short)
				}
				for _, word := range words {
					args := scan([]string{word, "next"})
					if args[0].Name != long || args[0].HasValue != takes {
						t.Errorf("%s is read as %+v, and the help says %q", word, args[0], f[0])
					}
				}
			}
		})
	}
}
