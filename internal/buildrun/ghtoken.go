package buildrun

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/cacheopts"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheclient"
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
)

// buildkitAPI is where BuildKit lists caches with repository and ghtoken,
// whatever GitHub the job runs on (NewRestAPI in go-actions-cache).
const buildkitAPI = "https://api.github.com"

// probeListings takes repository and ghtoken out of the entries whose token
// cannot list the caches: BuildKit takes a refusal for an empty cache, and
// then fails to write every layer that is there.
func (inv *invocation) probeListings(ctx context.Context, entries []cacheopts.Completed) {
	failures := map[[2]string]error{}
	for i, e := range entries {
		repository, token := e.Entry.Attrs["repository"], e.Entry.Attrs["ghtoken"]
		if e.Dropped || repository == "" || token == "" {
			continue
		}
		pair := [2]string{repository, token}
		err, asked := failures[pair]
		if !asked {
			err = inv.probeListing(ctx, repository, token)
			failures[pair] = err
			inv.note(listingNote(err))
		}
		if err != nil {
			entries[i].Entry = e.Entry.Without("repository", "ghtoken")
		}
	}
}

func listingNote(err error) cacheopts.Note {
	if err != nil {
		return cacheopts.Note{
			Level: cacheopts.LevelWarning,
			Text:  fmt.Sprintf("repository and ghtoken are left out: %v", err),
			Hint:  hint.Of(err),
		}
	}
	return cacheopts.Note{
		Level: cacheopts.LevelWarning,
		Text:  "buildx takes ghtoken in its command line only, where every user of this machine can read it",
		Hint:  "leave repository and ghtoken out",
	}
}

func (inv *invocation) probeListing(ctx context.Context, repository, token string) error {
	api := strings.TrimSuffix(inv.env.job().APIURL, "/")
	listing := cmp.Or(inv.env.listingAPI, buildkitAPI)
	if api != "" && api != listing {
		// The token is for that API and must not go to another one.
		return fmt.Errorf("BuildKit lists caches at %s only, and this job's API is %s", listing, api)
	}
	return cacheclient.ProbeList(ctx, listing, repository, token, cacheclient.Options{Now: inv.env.Now})
}
