package plugin

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/ui"
	"github.com/spf13/cobra"
)

// build is what the Go toolchain recorded about this program.
type build struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"`
	Modified bool   `json:"modified,omitempty"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
	Buildx   string `json:"buildx"`   // version of the buildx packages
	BuildKit string `json:"buildkit"` // version of the BuildKit packages
}

func readBuild() build {
	b := build{Version: "(devel)", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	if info.Main.Version != "" {
		b.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Revision = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	for _, m := range info.Deps {
		switch m.Path {
		case "github.com/docker/buildx":
			b.Buildx = m.Version
		case "github.com/moby/buildkit":
			b.BuildKit = m.Version
		}
	}
	return b
}

func newVersionCommand(env *Env) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "version [OPTIONS]",
		Short: "Show the version and what it was built with",
		Args:  maxArgs(0),
		RunE:  func(*cobra.Command, []string) error { return runVersion(env, format) },
	}
	cmd.Flags().StringVar(&format, "format", "", `Format the output: "json"`)
	return cmd
}

func runVersion(env *Env, format string) error {
	if err := checkFormat(format); err != nil {
		return err
	}
	b := readBuild()
	if format == "json" {
		return ui.WriteJSON(env.Stdout, b)
	}
	version := strings.TrimSpace(b.Version + " " + b.Revision)
	_, err := fmt.Fprintf(env.Stdout, "docker-ghacache %s (%s, buildx %s, buildkit %s)\n", version, b.Go, b.Buildx, b.BuildKit)
	return err
}
