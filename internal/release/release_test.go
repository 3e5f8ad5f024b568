package release

import (
	"testing"

	"golang.org/x/mod/semver"
)

func TestBefore(t *testing.T) {
	for name, c := range map[string]struct {
		version, release string
		want             bool
	}{
		"an older release":                      {"v0.20.1", "v0.21.0", true},
		"the release itself":                    {"v0.21.0", "v0.21.0", false},
		"a newer release":                       {"v0.37.2", "v0.21.0", false},
		"numbers compare as numbers":            {"v0.9.1", "v0.21.0", true},
		"its first candidate":                   {"v0.21.0-rc1", "v0.21.0", true},
		"its second candidate":                  {"v0.21.0-rc2", "v0.21.0", true},
		"a candidate of the next":               {"v0.22.0-rc1", "v0.21.0", false},
		"Docker Desktop's build of it":          {"v0.21.0-desktop.1", "v0.21.0", false},
		"Docker Desktop's build of an older":    {"v0.20.1-desktop.2", "v0.21.0", true},
		"commits after it":                      {"v0.21.0-10-g3ae8b8f", "v0.21.0", false},
		"a distribution's build of it":          {"0.21.0+ds1-2", "v0.21.0", false},
		"a distribution's build of an older":    {"0.13.1+ds1", "v0.21.0", true},
		"an Engine's version, which has no v":   {"27.5.1", "v28.0.0", true},
		"an Engine as new as needed":            {"28.0.0", "v28.0.0", false},
		"the Engine of Debian 12":               {"20.10.24+dfsg1", "v28.0.0", true},
		"an Engine's guess at its old BuildKit": {"v0.8+unknown", "v0.20.0", false},
		"a build from source":                   {"v0.0.0+unknown", "v0.21.0", false},
		"a module version without a tag":        {"v0.0.0-20250101000000-abcdef123456", "v0.21.0", false},
		"a commit":                              {"9acf51e491a04b8fb2a8b1b1d1bb7d6ee2c3a3c1", "v0.21.0", false},
		"nothing":                               {"", "v0.21.0", false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Before(c.version, c.release); got != c.want {
				t.Errorf("Before(%q, %q) is %v", c.version, c.release, got)
			}
		})
	}
}

func FuzzBefore(f *testing.F) {
	for _, s := range []string{"v0.21.0-rc1", "0.21.3+ds1", "v0.0.0+unknown", "", "v1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, version string) {
		if Before(version, BuildKit) && !Before(version, Buildx) {
			t.Errorf("%q is before %s but not before %s", version, BuildKit, Buildx)
		}
		if semver.IsValid(version) && semver.Compare(version, Buildx) >= 0 && Before(version, Buildx) {
			t.Errorf("%q is not before %s", version, Buildx)
		}
	})
}
