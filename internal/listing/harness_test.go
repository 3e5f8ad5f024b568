package listing

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/actions"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/servertest"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
)

// validity outlasts the time between [servertest.Noon] and today, in which real clients live.
const validity = 200 * 365 * 24 * time.Hour

// place is where somebody lists the cache of octo/app.
type place struct {
	t       *testing.T
	service *cacheserver.Server
	url     string
	vars    map[string]string
	said    []string
}

// serve starts a service on the example, and a job on it that reads refs. Without refs it is no job.
func serve(t *testing.T, opts cacheserver.Options, refs ...string) *place {
	t.Helper()
	opts.Dir, opts.Repository, opts.Refs, opts.MaxAge = servertest.Dir(t), "octo/app", servertest.Refs(), 90*24*time.Hour
	if opts.Now == nil {
		opts.Now = servertest.Noon
	}
	servertest.Fill(t, opts.Dir, servertest.Example()...)
	service, err := cacheserver.Open(opts)
	check(t, err)
	t.Cleanup(func() { check(t, service.Close()) })
	url := servertest.Serve(t, service)
	rest, err := service.RESTToken(true, validity)
	check(t, err)
	p := &place{t: t, service: service, url: url, vars: map[string]string{
		"GITHUB_API_URL": url + "/api/v3", "GITHUB_REPOSITORY": "octo/app", "GITHUB_TOKEN": rest,
	}}
	if len(refs) > 0 {
		p.enter(refs...)
	}
	return p
}

// enter makes it a job.
func (p *place) enter(refs ...string) {
	p.t.Helper()
	var may []cacheserver.RefAccess
	for i, ref := range refs {
		may = append(may, cacheserver.RefAccess{Ref: ref, Write: i == 0})
	}
	token, err := p.service.RuntimeToken(may, validity)
	check(p.t, err)
	for _, v := range p.service.Environment(p.url, token, p.vars["GITHUB_TOKEN"]) {
		p.vars[v.Name] = v.Value
	}
}

func (p *place) open(name string) (*Repository, error) {
	lookup := func(name string) (string, bool) {
		value, ok := p.vars[name]
		return value, ok
	}
	return Open(name, Options{
		Job: actions.FromEnv(lookup), Lookup: lookup, Now: servertest.Noon, UserAgent: "test",
		Say: func(level ui.Level, text, fix string) {
			p.said = append(p.said, fmt.Sprintf("%s: %s (%s)", level, text, fix))
		},
	})
}

func (p *place) snapshot() (*Repository, *Snapshot) {
	p.t.Helper()
	r, err := p.open("")
	check(p.t, err)
	s, err := r.Snapshot(p.t.Context())
	check(p.t, err)
	return r, s
}

// heard reports what was said with these words in it.
func (p *place) heard(words ...string) []string {
	return slices.DeleteFunc(slices.Clone(p.said), func(note string) bool {
		return slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(note, word) })
	})
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
