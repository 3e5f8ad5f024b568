package plugin

import (
	"context"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheclient"
	"github.com/docker-ghacache/docker-ghacache/internal/gitrepo"
)

// repositoryHost is the host of the repository that paths are in: that of its
// remote, else the job's. It is empty if nothing tells, or they tell different
// things.
func repositoryHost(ctx context.Context, env *Env, paths []string) string {
	host := ""
	for i, path := range paths {
		remote := gitrepo.Host(ctx, env.Environ(), path)
		if i > 0 && remote != host {
			return ""
		}
		host = remote
	}
	job := env.runtime()
	if host != "" || job.Repository == "" {
		return host
	}
	target, err := cacheclient.Sources{Repository: job.Repository, APIURL: job.APIURL, Lookup: env.Lookup}.Target()
	if err != nil {
		return ""
	}
	return target.Host
}
