package buildrun

import (
	"runtime"
	"slices"
	"testing"

	"github.com/spf13/pflag"
)

func TestMisspeltVariables(t *testing.T) {
	lower := []string{"GHACACHE_SKIP"}
	if runtime.GOOS == "windows" {
		lower = nil // it is the same variable
	}
	for name, c := range map[string]struct {
		environ []string
		want    []string // the variables that were probably meant
	}{
		"nothing is set":                   {nil, nil},
		"other programs have their own":    {[]string{"PATH=/bin", "GHA_RELAI=off", "=C:=C:\\"}, nil},
		"a letter is wrong":                {[]string{"GHACACHE_RELAI=off"}, []string{"GHACACHE_RELAY"}},
		"an underscore is missing":         {[]string{"GHACACHE_DRYRUN=1"}, []string{"GHACACHE_DRY_RUN"}},
		"the beginning of one":             {[]string{"GHACACHE_RELAY_ADDR=10.0.0.5"}, []string{"GHACACHE_RELAY_ADDRESS"}},
		"lower case":                       {[]string{"GHACACHE_skip=1"}, lower},
		"an option of bake only":           {[]string{"GHACACHE_SCOPE_PER_TARGETS=1"}, []string{"GHACACHE_SCOPE_PER_TARGET"}},
		"several, in the order of names":   {[]string{"GHACACHE_WRTE=never", "GHACACHE_CLAEN=1"}, []string{"GHACACHE_CLEAN", "GHACACHE_WRITE"}},
		"without a value it means nothing": {[]string{"GHACACHE_RELAI="}, nil},
		"no name at all":                   {[]string{"GHACACHE_=1"}, nil},
		"a word that is like none":         {[]string{"GHACACHE_VERSION=v1.2.3", "GHACACHE_TIMEOUT=1h"}, nil},
		"what serve, install.sh and the tests of this project set": {[]string{
			"GHACACHE_RELAY_URL=http://x", "GHACACHE_RELAY_TOKEN=x", "GHACACHE_RELEASES=x", "GHACACHE_RELEASE=1", "GHACACHE_E2E=required",
			"GHACACHE_ENGINE=/tmp/x", "GHACACHE_OTHER_ENGINE=unix:///x", "GHACACHE_PAGES=x", "GHACACHE_HELP=x",
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, n := range Misspelt(c.environ) {
				got = append(got, n.Hint)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestVariablesOfOptionsAreNotMisspelt(t *testing.T) {
	Flags("bake").VisitAll(func(f *pflag.Flag) {
		if notes := Misspelt([]string{variable(f) + "=1"}); len(notes) > 0 {
			t.Errorf("%+v", notes)
		}
	})
}
