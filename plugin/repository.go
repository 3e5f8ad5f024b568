package plugin

import (
	"fmt"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/actions"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheclient"
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
	"github.com/docker/cli/cli-plugins/metadata"
)

// repository is the cache of a repository, over REST and, in a job, with the
// runtime token, which alone can read indexes.
type repository struct {
	env     *Env
	client  *cacheclient.Client
	runtime *cacheclient.Runtime // nil where there is no job of this very repository
	said    map[string]bool

	indexes map[int64]cacheclient.Index // that the last snapshot read
	used    map[int64]time.Time         // before they were read
}

// openRepository finds the repository, its API and the tokens.
func openRepository(env *Env, repo string) (*repository, error) {
	job := env.runtime()
	sources := cacheclient.Sources{
		Repo: repo, Lookup: env.Lookup,
		Repository: job.Repository, APIURL: job.APIURL, JobToken: job.GitHubToken,
	}
	target, err := sources.Target()
	if err != nil {
		return nil, err
	}
	token, err := sources.Token(target)
	if err != nil {
		return nil, err
	}
	client, err := cacheclient.New(target, token, cacheclient.Options{
		Now:       env.Now,
		UserAgent: userAgent,
		OnWait: func(d time.Duration) {
			env.notes().Note(ui.Info, fmt.Sprintf("waiting %s for the rate limit of %s", d.Round(time.Second), target.Host), "")
		},
	})
	if err != nil {
		return nil, err
	}
	r := &repository{env: env, client: client, said: map[string]bool{}, used: map[int64]time.Time{}}
	if sources.Job(target) {
		r.runtime = openRuntime(env, job)
	}
	return r, nil
}

const userAgent = metadata.NamePrefix + name

// openRuntime returns nil where this process has no usable runtime; then
// indexes are not read, and what follows from them is not known.
func openRuntime(env *Env, job actions.Runtime) *cacheclient.Runtime {
	url := job.ServiceURL()
	if job.Token == "" || url == "" {
		return nil
	}
	runtime, err := cacheclient.NewRuntime(url, job.Version, job.Token, userAgent)
	if err != nil {
		env.notes().Note(ui.Warning, fmt.Sprintf("indexes are not read: %v", err), "")
		return nil
	}
	return runtime
}

// warn says what could not be found out, with each reason.
func (r *repository) warn(what string, err error) {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, err := range joined.Unwrap() {
			r.warn(what, err)
		}
		return
	}
	r.say(ui.Warning, fmt.Sprintf("%s: %v", what, err), hint.Of(err))
}

// say says a thing once, however often the cache is listed.
func (r *repository) say(level ui.Level, text, hint string) {
	if !r.said[text] {
		r.said[text] = true
		r.env.notes().Note(level, text, hint)
	}
}
