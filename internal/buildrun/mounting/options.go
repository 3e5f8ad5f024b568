package mounting

import (
	"cmp"
	"errors"
	"path"
	"slices"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/mounts"
	"github.com/docker/go-units"
	"github.com/spf13/pflag"
)

// Options are the values of --gha-mounts and its companions.
type Options struct {
	wanted glob
	max    size
	helper string // a program of this machine; empty: the one in this program
}

// Asked reports whether mounts are to be restored and saved.
func (o Options) Asked() bool { return o.wanted.pattern != "" }

// AddTo adds the options to flags.
func (o *Options) AddTo(flags *pflag.FlagSet) {
	flags.Var(&o.wanted, "gha-mounts", "Before the build, restore the cache mounts (RUN --mount=type=cache) that the builder does not have; after it, save those that it used and that changed. A glob selects them by id or target")
	flags.Lookup("gha-mounts").NoOptDefVal = "*"
	flags.Var(&o.max, "gha-mounts-max", "The most that the saved cache mounts of a build may take, before they are compressed; the largest are left out first")
	flags.StringVar(&o.helper, "gha-mounts-helper", "", "Program that packs cache mounts inside the builder, in place of the one in this program")
}

// size is a size as docker writes it, in bytes. Zero is the default.
type size int64

func (s size) bytes() int64 {
	const byDefault = 2 << 30
	return cmp.Or(int64(s), byDefault)
}

// Set implements [pflag.Value].
func (s *size) Set(value string) error {
	n, err := units.RAMInBytes(value)
	if err == nil && n <= 0 {
		err = errors.New("want a size, such as 2GB")
	}
	*s = size(n)
	return err
}

// String implements [pflag.Value].
func (s size) String() string {
	return strings.ReplaceAll(units.CustomSize("%.4g%s", float64(s.bytes()), 1024, []string{"B", "KB", "MB", "GB", "TB"}), " ", "")
}

// Type implements [pflag.Value].
func (s *size) Type() string { return "size" }

// glob is the value of --gha-mounts: which mounts; empty is none.
type glob struct{ pattern string }

// Set implements [pflag.Value]. It also takes what a variable may say.
func (g *glob) Set(value string) error {
	switch value {
	case "true", "1":
		value = "*"
	case "false", "0":
		value = ""
	}
	if _, err := path.Match(value, ""); err != nil {
		return err
	}
	g.pattern = value
	return nil
}

// String implements [pflag.Value].
func (g *glob) String() string { return g.pattern }

// Type implements [pflag.Value].
func (g *glob) Type() string { return "glob" }

// choose returns each mount once that the glob selects.
func (g *glob) choose(found []mounts.Mount) (chosen []mounts.Mount) {
	for _, m := range found {
		if m.Match(g.pattern) && !slices.ContainsFunc(chosen, m.Same) {
			chosen = append(chosen, m)
		}
	}
	return chosen
}
