package plugin

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/actions"
	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheclient"
	"github.com/docker-ghacache/docker-ghacache/internal/reclaim"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
	"github.com/docker/cli/cli-plugins/metadata"
)

// repository is the cache of a repository, over REST and, in a job, with the
// runtime token, which alone can read indexes.
type repository struct {
	env     *Env
	client  *cacheclient.Client
	runtime *cacheclient.Runtime // nil where there is no job
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
			env.notes().Note(ui.Info, fmt.Sprintf("waiting %s for GitHub's rate limit", d.Round(time.Second)), "")
		},
	})
	if err != nil {
		return nil, err
	}
	r := &repository{env: env, client: client}
	if job.Repository == "" || strings.EqualFold(job.Repository, target.Owner+"/"+target.Repo) {
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

// snapshot is what a repository's cache held at one time.
type snapshot struct {
	entries []cacheclient.Entry
	indexes map[int64]cacheclient.Index // those that were tried
}

// list lists the cache and reads the indexes that the runtime token reaches.
func (r *repository) list(ctx context.Context) (*snapshot, error) {
	entries, err := r.client.List(ctx, cacheclient.Filter{})
	if err != nil {
		return nil, err
	}
	s := &snapshot{entries: entries}
	if r.runtime != nil {
		s.indexes = r.runtime.Indexes(ctx, entries)
	}
	return s, nil
}

// analysis is what ls, du and inspect show. Which refs are closed is no matter
// to them, and the rest matters only where indexes were read.
func (r *repository) analysis(ctx context.Context) (*snapshot, *reclaim.Analysis, error) {
	s, err := r.list(ctx)
	if err != nil {
		return nil, nil, err
	}
	var refs reclaim.Refs
	if r.runtime != nil {
		refs = r.refs(ctx, refsWhere(s.entries, func(e cacheclient.Entry) bool {
			return bkcache.ParseKey(e.Key, e.Version).Kind == bkcache.KindIndex
		}))
	}
	return s, analyze(s, refs), nil
}

func analyze(s *snapshot, refs reclaim.Refs) *reclaim.Analysis {
	entries := make([]reclaim.Entry, len(s.entries))
	for i, e := range s.entries {
		entries[i] = reclaim.Entry(e)
	}
	indexes := make(map[int64]reclaim.Index, len(s.indexes))
	for id, x := range s.indexes {
		indexes[id] = reclaim.Index{Err: x.Err}
		if x.Err == nil {
			indexes[id] = reclaim.Index{Digest: x.Digest, Layers: x.Layers}
		}
	}
	return reclaim.Analyze(entries, indexes, refs)
}

// refs asks about refs. What could not be found out is not known, which keeps
// entries and is said.
func (r *repository) refs(ctx context.Context, refs []string) reclaim.Refs {
	found, err := r.client.Refs(ctx, refs)
	if err != nil {
		r.env.notes().Note(ui.Warning, fmt.Sprintf("not all refs are known: %v", err), ui.HintOf(err))
	}
	return reclaim.Refs(found)
}

// refsWhere are the refs of the entries that match, each once.
func refsWhere(entries []cacheclient.Entry, match func(cacheclient.Entry) bool) []string {
	seen := map[string]bool{}
	var refs []string
	for _, e := range entries {
		if !seen[e.Ref] && match(e) {
			seen[e.Ref] = true
			refs = append(refs, e.Ref)
		}
	}
	slices.Sort(refs)
	return refs
}
