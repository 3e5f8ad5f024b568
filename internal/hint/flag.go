package hint

import (
	"strings"

	"github.com/agext/levenshtein"
	"github.com/spf13/pflag"
)

// Flag is the flag that was probably meant by an unknown one: two letters differ at most,
// or the name begins like it, as with cobra's commands. It is empty if there is none.
func Flag(flags *pflag.FlagSet, name string) (near string) {
	best := 3
	flags.VisitAll(func(f *pflag.Flag) {
		d := levenshtein.Distance(name, f.Name, nil)
		if len(name) > 2 && strings.HasPrefix(f.Name, name) {
			d = min(d, best-1)
		}
		if !f.Hidden && d < best {
			near, best = "--"+f.Name, d
		}
	})
	return near
}
