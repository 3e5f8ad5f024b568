package hint_test

import (
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/spf13/pflag"
)

func TestFlag(t *testing.T) {
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	for _, name := range []string{"scope", "sort", "keep-storage", "keep-versions", "all"} {
		flags.Bool(name, false, "")
	}
	flags.Bool("secret", false, "")
	flags.Lookup("secret").Hidden = true
	for name, c := range map[string]struct{ word, want string }{
		"a letter is missing":       {"scop", "--scope"},
		"letters are swapped":       {"osrt", "--sort"},
		"the beginning of one":      {"keep-st", "--keep-storage"},
		"nothing is like it":        {"nothing", ""},
		"a hidden one is not shown": {"secrets", ""},
		"a short word is no prefix": {"ke", ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := hint.Flag(flags, c.word); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
