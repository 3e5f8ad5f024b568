package buildrun

import (
	"time"

	"github.com/docker-ghacache/docker-ghacache/cacheopts"
	"github.com/docker-ghacache/docker-ghacache/internal/listing"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
)

// What a build asks of the repository is worth seconds, not minutes.
const (
	restPatience = 5 * time.Second
	restAttempts = 2
)

// repository is the cache of the job's repository.
func (inv *invocation) repository() (*listing.Repository, error) {
	if inv.repo != nil {
		return inv.repo, nil
	}
	repo, err := listing.Open("", listing.Options{
		Job: inv.env.job(), Lookup: inv.env.Lookup, Now: inv.env.Now, UserAgent: inv.env.UserAgent,
		MaxWait: restPatience, Attempts: restAttempts,
		Say: func(level ui.Level, text, fix string) {
			inv.note(cacheopts.Note{Level: cacheopts.Level(level), Text: text, Hint: fix})
		},
	})
	inv.repo = repo
	return repo, err
}
