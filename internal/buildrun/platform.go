package buildrun

import (
	"fmt"
	"strings"

	"github.com/containerd/platforms"
	"github.com/docker-ghacache/docker-ghacache/cacheopts"
	"github.com/docker-ghacache/docker-ghacache/internal/builders"
)

// scopePerPlatform gives the entries of each build for a single platform a scope of its
// own. One build for several platforms writes one index for all of them, and keeps it.
func (inv *invocation) scopePerPlatform(requests []cacheopts.Request, builder *builders.Builder) ([]cacheopts.Request, error) {
	scoped := make([]cacheopts.Request, len(requests))
	for i, req := range requests {
		scoped[i] = req
		wanted := inv.platforms(req.Where)
		if len(wanted) > 1 {
			continue
		}
		platform, err := inv.platformOf(wanted, builder)
		if err != nil {
			return nil, err
		}
		scoped[i].Entry = cacheopts.ScopePerPlatform(req.Entry, platform)
	}
	return scoped, nil
}

// platformOf is the platform of a build, in the form that buildx and BuildKit bring it to:
// linux/arm64 for linux/arm64/v8 and aarch64. Without --platform, BuildKit builds for the
// machine that it runs on.
func (inv *invocation) platformOf(wanted []string, builder *builders.Builder) (string, error) {
	if len(wanted) == 0 && !inv.local(builder) {
		return "", fmt.Errorf("--gha-scope-per-platform needs --platform, because builder %q may run on another machine", builder.Name)
	}
	if len(wanted) == 0 {
		spec := platforms.DefaultSpec()
		spec.OS, spec.OSVersion = "linux", "" // where BuildKit runs, also under Docker Desktop
		return platforms.Format(platforms.Normalize(spec)), nil
	}
	if strings.EqualFold(wanted[0], "local") {
		return platforms.Format(platforms.Normalize(platforms.DefaultSpec())), nil // as buildx reads it
	}
	spec, err := platforms.Parse(wanted[0])
	if err != nil {
		return "", fmt.Errorf("reading the platform: %w", err)
	}
	return platforms.Format(platforms.Normalize(spec)), nil
}

// local reports whether all of the builder runs on this machine, or in its virtual machine.
func (inv *invocation) local(b *builders.Builder) bool {
	for _, n := range b.Nodes {
		endpoint := n.Endpoint
		if endpoint == inv.env.Docker.CurrentContext() {
			endpoint = inv.env.Docker.DockerEndpoint().Host
		}
		if !strings.HasPrefix(endpoint, "unix://") && !strings.HasPrefix(endpoint, "npipe://") {
			return false
		}
	}
	return true
}
