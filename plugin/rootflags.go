package plugin

import (
	"fmt"

	"github.com/docker-ghacache/docker-ghacache/internal/buildrun"
	"github.com/spf13/pflag"
)

// rootOptions are the flags of build and bake that may stand before the verb.
type rootOptions struct{ flags *pflag.FlagSet }

// words gives the flags back as words after the verb.
func (o rootOptions) words() []string {
	var words []string
	o.flags.Visit(func(f *pflag.Flag) {
		words = append(words, fmt.Sprintf("--%s=%s", f.Name, f.Value))
	})
	return words
}

// builder is the value of --builder before the verb, and whether it was given.
func (o rootOptions) builder() (string, bool) {
	return o.flags.Lookup("builder").Value.String(), o.flags.Changed("builder")
}

func newRootOptions(flags *pflag.FlagSet) rootOptions {
	flags.String("builder", "", "Override the configured builder instance")
	flags.BoolP("debug", "D", false, "Enable debug logging")
	own := buildrun.Flags("bake")
	own.VisitAll(func(f *pflag.Flag) { f.Hidden = true })
	flags.AddFlagSet(own)
	return rootOptions{flags}
}
