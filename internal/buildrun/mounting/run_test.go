package mounting

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/containerd/platforms"

	"github.com/docker-ghacache/docker-ghacache/internal/mounts"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
)

func TestAGlobThatSelectsNoMountIsAWarning(t *testing.T) {
	const (
		own     = "FROM a\nRUN --mount=type=cache,id=go,target=/go --mount=type=cache,target=/root/.cache x\n"
		based   = "RUN --mount=type=cache,target=/x,from=golang x\n"
		unknown = "RUN --mount=type=cache,target=$GOPATH/pkg x\n"
		isLeft  = `cache mounts: the mount "/x" in line 3 of the Dockerfile is left out: its base is from an image or a stage (from=, source=)`
		isDark  = "cache mounts: a mount in line 3 of the Dockerfile is left out: the variable GOPATH is not known before the build"
		none    = "cache mounts: --gha-mounts=npm selects none of the build's: go, /root/.cache"
	)
	for name, c := range map[string]struct {
		glob   string
		builds []string
		chosen []string
		said   []string
	}{
		"one of them":                      {"go", []string{own}, []string{"go"}, nil},
		"none of them":                     {"npm", []string{own}, nil, []string{none}},
		"none of them in two builds":       {"npm", []string{own, own}, nil, []string{none}},
		"one of them in one of two builds": {"go", []string{"FROM a\nRUN --mount=type=cache,target=/npm x\n", own}, []string{"go"}, nil},
		"a slash is not matched":           {"/root*", []string{own}, nil, []string{"cache mounts: --gha-mounts='/root*' selects none of the build's: go, /root/.cache"}},
		"there is none":                    {"npm", []string{"FROM a\n"}, nil, nil},
		"one that is left out":             {"/x", []string{own + based}, nil, []string{isLeft}},
		"none, and one is left out":        {"npm", []string{own + based}, nil, []string{isLeft, none}},
		"none, and one is not known":       {"npm", []string{own + unknown}, nil, []string{isDark, none}},
		"all":                              {"*", []string{own}, []string{"go", "/root/.cache"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var said []string
			m := &restored{
				Run: &Run{Options: Options{wanted: glob{c.glob}}, Say: func(level ui.Level, text, fix string) {
					if said = append(said, text); level != ui.Warning || text != isLeft && text != isDark && fix != "--gha-mounts   # selects all of them" {
						t.Errorf("%s: %s, hint %q", level, text, fix)
					}
				}},
				node: &mounts.Node{Platform: platforms.MustParse("linux/amd64")}, keeper: &mounts.Keeper{},
			}
			for _, dockerfile := range c.builds {
				m.Builds = append(m.Builds, Build{Inline: dockerfile})
			}
			if err := m.find(); err != nil {
				t.Fatal(err)
			}
			var chosen []string
			for _, w := range m.wanted {
				chosen = append(chosen, w.String())
			}
			if !slices.Equal(chosen, c.chosen) || !slices.Equal(said, c.said) {
				t.Errorf("chosen %q, want %q; said %q, want %q", chosen, c.chosen, said, c.said)
			}
		})
	}
}

// What an unreadable Dockerfile has is not known: it may be what the glob selects.
func TestAGlobIsNotBlamedForADockerfileThatCannotBeRead(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte("FROM a\nRUN --mount=type=cache,target=/go x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	m := &restored{
		Run: &Run{
			Options: Options{wanted: glob{"npm"}}, Builds: []Build{{Context: dir}, {Context: filepath.Join(dir, "none")}},
			Say: func(_ ui.Level, text, _ string) { t.Error(text) },
		},
		node: &mounts.Node{Platform: platforms.MustParse("linux/amd64")}, keeper: &mounts.Keeper{},
	}
	if err := m.find(); err == nil {
		t.Error("no error")
	}
}
