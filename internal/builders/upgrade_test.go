//go:build unix

package builders_test

import (
	"io"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/builders"
	"github.com/docker-ghacache/docker-ghacache/internal/process"
)

func TestUpgradeOfWhatItCannotUpgrade(t *testing.T) {
	cli := newCLI(t)
	save(t, cli, "remote", "remote", (&buildkit{version: "v0.12.0"}).serve(t))
	save(t, cli, "new", "remote", (&buildkit{version: "v0.33.1"}).serve(t))
	save(t, cli, "kubernetes", "kubernetes", "kubernetes:///none")
	upgrader := builders.Upgrader{Docker: cli, Log: io.Discard, Run: func(args ...string) process.Command {
		t.Errorf("buildx was run with %q", args)
		return process.Command{}
	}}
	for name, c := range map[string]struct{ text, hint string }{
		"remote":     {`builder "remote" cannot be upgraded from here: somebody else runs its BuildKit`, ""},
		"default":    {`builder "default" cannot be upgraded from here: its BuildKit is that of the Docker Engine`, "docs.docker.com/engine"},
		"kubernetes": {`builder "kubernetes" cannot be upgraded from here: its kubernetes driver keeps no state`, "docker buildx create --name kubernetes"},
		"nope":       {`builder "nope" not found`, "docker buildx ls"},
	} {
		t.Run(name, func(t *testing.T) {
			upgraded, err := upgrader.Upgrade(t.Context(), name)
			if upgraded {
				t.Error("it was upgraded")
			}
			expectHint(t, err, c.text, c.hint)
		})
	}
	t.Run("one that is new enough is left alone", func(t *testing.T) {
		if upgraded, err := upgrader.Upgrade(t.Context(), "new"); upgraded || err != nil {
			t.Errorf("got %v, %v", upgraded, err)
		}
	})
}
