package plugin

import (
	"context"

	"github.com/docker-ghacache/docker-ghacache/internal/listing"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
	"github.com/docker/cli/cli-plugins/metadata"
)

const userAgent = metadata.NamePrefix + name

// openRepository finds the repository, its API and the tokens.
func openRepository(env *Env, repo string) (*listing.Repository, error) {
	doing := env.doing()
	say := func(level ui.Level, text, fix string) {
		if doing != nil {
			doing("") // or the note would follow it on its line
		}
		env.notes().Note(level, text, fix)
	}
	return listing.Open(repo, listing.Options{
		Job: env.job(), Lookup: env.Lookup, Now: env.Now, UserAgent: userAgent, Say: say, Doing: doing,
	})
}

// openSnapshot opens a repository for a command that shows what it holds.
func openSnapshot(ctx context.Context, env *Env, repo string) (*listing.Repository, *listing.Snapshot, error) {
	r, err := openRepository(env, repo)
	if err != nil {
		return nil, nil, err
	}
	s, err := r.Snapshot(ctx)
	return r, s, err
}
