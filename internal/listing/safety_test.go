package listing

import (
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	digest "github.com/opencontainers/go-digest"
	actionscache "github.com/tonistiigi/go-actions-cache"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheclient"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/servertest"
	"github.com/docker-ghacache/docker-ghacache/internal/reclaim"
	"github.com/docker-ghacache/docker-ghacache/internal/runtimeclient"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
)

const (
	mainRef = "refs/heads/main"
	pull1   = "refs/pull/1/merge"
	day     = 24 * time.Hour
)

// gitHub is the service with the workflow runs of a repository, which the service itself
// knows nothing of.
type gitHub struct {
	*cacheserver.Server
	t   *testing.T
	url string

	mu     sync.Mutex
	ago    time.Duration // by how much its clock is behind
	runs   []map[string]any
	before func(r *http.Request) // called before a request is answered
	after  func(r *http.Request, status int)
}

func newGitHub(t *testing.T, faults ...string) *gitHub {
	g := &gitHub{t: t, ago: 3 * day}
	opts := cacheserver.Options{
		Repository: "octo/app", MaxAge: 90 * day, Refs: []string{mainRef, pull1}, Faults: servertest.Faults(t, faults...),
		Now: func() time.Time { g.mu.Lock(); defer g.mu.Unlock(); return time.Now().Add(-g.ago) },
	}
	g.Server = servertest.Open(t, opts)
	g.url = servertest.Serve(t, http.HandlerFunc(g.serve))
	return g
}

func (g *gitHub) check(err error) {
	g.t.Helper()
	if err != nil {
		g.t.Fatal(err)
	}
}

func (g *gitHub) serve(w http.ResponseWriter, r *http.Request) {
	if strings.HasSuffix(r.URL.Path, "/actions/runs") {
		g.mu.Lock()
		defer g.mu.Unlock()
		found := slices.DeleteFunc(slices.Clone(g.runs), func(run map[string]any) bool { return run["status"] != r.URL.Query().Get("status") })
		_ = json.NewEncoder(w).Encode(map[string]any{"total_count": len(found), "workflow_runs": found})
		return
	}
	if g.before != nil {
		g.before(r)
	}
	seen := &statusWriter{w, http.StatusOK}
	g.ServeHTTP(seen, r)
	if g.after != nil {
		g.after(r, seen.status)
	}
}

type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// begin starts a workflow run on a ref.
func (g *gitHub) begin(ref string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	run := map[string]any{"id": len(g.runs) + 1, "status": "in_progress", "run_started_at": time.Now().UTC(), "event": "push", "head_branch": "main"}
	if ref == pull1 {
		run["event"], run["pull_requests"] = "pull_request", []map[string]any{{"number": 1}}
	}
	g.runs = append(g.runs, run)
}

// today lets the days pass that lie between what was there before and the test.
func (g *gitHub) today() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.ago = 0
}

// build is BuildKit's client in a job on a ref.
func (g *gitHub) build(ref string) *build {
	return &build{g, ref, g.runtimeToken(ref)}
}

func (g *gitHub) runtimeToken(ref string) string {
	scopes := []cacheserver.RefAccess{{Ref: ref, Write: true}}
	if ref != mainRef {
		scopes = append(scopes, cacheserver.RefAccess{Ref: mainRef})
	}
	token, err := g.RuntimeToken(scopes, 100*day)
	g.check(err)
	return token
}

type build struct {
	*gitHub
	ref   string
	token string
}

func (b *build) cache() *actionscache.Cache {
	c, err := actionscache.New(b.token, b.url, true, actionscache.Opt{})
	b.check(err)
	return c
}

// layers names some layers.
func layers(n int) (digests []string) {
	for i := range n {
		digests = append(digests, digest.FromString(string(rune('a'+i))).String())
	}
	return digests
}

// export stores what of the layers is not there, as BuildKit does, and then the index.
func (b *build) export(scope string, digests []string) {
	b.t.Helper()
	for _, d := range digests {
		b.layer(d)
	}
	b.writeIndex(scope, digests)
}

func (b *build) layer(digest string) {
	b.t.Helper()
	key := bkcache.LayerKey(digest).String()
	if found, err := b.cache().Load(b.t.Context(), key); err != nil || found != nil {
		b.check(err)
		return
	}
	if err := b.cache().Save(b.t.Context(), key, actionscache.NewBlob([]byte(digest))); !errors.Is(err, fs.ErrExist) {
		b.check(err)
	}
}

func (b *build) writeIndex(scope string, digests []string) {
	b.t.Helper()
	type layer struct {
		Blob        string            `json:"blob"`
		Parent      int               `json:"parent"`
		Annotations map[string]string `json:"annotations"`
	}
	var content struct {
		Layers []layer `json:"layers"`
	}
	for _, d := range digests {
		content.Layers = append(content.Layers, layer{d, -1, map[string]string{"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "diffID": d}})
	}
	data, err := json.Marshal(content)
	b.check(err)
	key := bkcache.IndexPrefix(scope, b.ref, false)
	b.check(b.cache().SaveMutable(b.t.Context(), key, time.Second, func(*actionscache.Entry) (actionscache.Blob, error) {
		return actionscache.NewBlob(data), nil
	}))
}

// repository opens the repository as a job on main does, with limits that a test can wait for.
func (g *gitHub) repository() *Repository {
	token, err := g.RESTToken(true, 100*day)
	g.check(err)
	target := cacheclient.Target{Host: "localhost", APIURL: g.url + "/", Owner: "octo", Repo: "app"}
	client, err := cacheclient.New(target, token, cacheclient.Options{Now: time.Now, Per: time.Second})
	g.check(err)
	runtime, err := runtimeclient.NewReader(g.url, 2, g.runtimeToken(mainRef), "test")
	g.check(err)
	return New(client, runtime, Options{Now: time.Now, Say: func(_ ui.Level, text, _ string) { g.t.Log(text) }})
}

// plan makes a plan, and prune executes it.
func (g *gitHub) plan(repo *Repository, policy reclaim.Policy) *reclaim.Plan {
	g.t.Helper()
	var err error
	policy.Runs, err = repo.Runs(g.t.Context())
	g.check(err)
	analysis, err := repo.Look(g.t.Context())
	g.check(err)
	return reclaim.NewPlan(analysis, policy, time.Now())
}

func (g *gitHub) prune(repo *Repository, plan *reclaim.Plan) reclaim.Result {
	g.t.Helper()
	result, err := plan.Execute(g.t.Context(), repo, time.Now, nil)
	g.check(err)
	return result
}

// missing counts the layers that no ref has any more.
func (g *gitHub) missing(repo *Repository, digests []string) (n int) {
	g.t.Helper()
	entries, err := repo.Client.List(g.t.Context(), cacheclient.Filter{})
	g.check(err)
	for _, d := range digests {
		if !slices.ContainsFunc(entries, func(e bkcache.Entry) bool { return e.Key == bkcache.LayerKey(d).String() }) {
			n++
		}
	}
	return n
}

// TestABuildThatBeginsWhileDeletionsWaitFindsItsLayers has a build begin while the service
// refuses a deletion: it looks up all layers, which nothing references so far, and writes
// its index.
func TestABuildThatBeginsWhileDeletionsWaitFindsItsLayers(t *testing.T) {
	for name, likely := range map[string]bool{"only what is proven goes": false, "what is likely goes, too": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newGitHub(t, "DELETE *:403:1:1")
			all := layers(60)
			for _, d := range all {
				g.build(mainRef).layer(d)
			}
			g.today()
			repo := g.repository()
			plan := g.plan(repo, reclaim.Policy{Grace: reclaim.DefaultGrace})
			if !likely {
				plan = plan.Proven()
			}
			var exported []string
			g.after = func(_ *http.Request, status int) { // the reply waits for it
				if status != http.StatusForbidden {
					return
				}
				g.begin(mainRef)
				time.Sleep(6 * time.Second) // to begin a job takes longer than a glance holds
				entries, err := repo.Client.List(t.Context(), cacheclient.Filter{Ref: mainRef})
				if err != nil {
					t.Error(err)
				}
				for _, d := range all {
					if slices.ContainsFunc(entries, func(e bkcache.Entry) bool { return e.Key == bkcache.LayerKey(d).String() }) {
						exported = append(exported, d)
					}
				}
				g.build(mainRef).export("app", exported)
			}
			result := g.prune(repo, plan)
			if n := g.missing(repo, exported); n > 0 || len(exported) < 30 {
				t.Errorf("%d of %d layers of the new index are deleted", n, len(exported))
			}
			if result.Needed.Count < 30 || result.Deleted.Count+result.Needed.Count != len(all) {
				t.Errorf("%+v", result)
			}
		})
	}
}

// TestAnExportThatListsFindsItsLayers has a build learn from a listing, which leaves no trace, what exists.
func TestAnExportThatListsFindsItsLayers(t *testing.T) {
	g := newGitHub(t)
	all := layers(3)
	for _, d := range all {
		g.build(mainRef).layer(d)
	}
	g.build(pull1).layer(layers(4)[3])
	g.today()
	g.begin(mainRef) // and lists
	repo := g.repository()
	plan := g.plan(repo, reclaim.Policy{Grace: reclaim.DefaultGrace})
	for v := range plan.Deletions() {
		if want := map[bool]reclaim.Class{true: reclaim.Likely, false: reclaim.Proven}[v.Ref == mainRef]; v.Class != want {
			t.Errorf("%s on %s is %s", v.Item.Entry.Key, v.Ref, v.Class)
		}
	}
	if result := g.prune(repo, plan.Proven()); result.Deleted.Count != 1 {
		t.Errorf("%+v", result)
	}
	g.build(mainRef).writeIndex("app", all)
	if n := g.missing(repo, all); n > 0 {
		t.Errorf("%d layers of the new index are deleted", n)
	}
}

// TestSelectionsDoNotWeakenTheGuard has an export on another ref, or of another scope,
// count on a layer of what is selected.
func TestSelectionsDoNotWeakenTheGuard(t *testing.T) {
	all := layers(2)
	only := func(s string) func(string) bool { return func(other string) bool { return other == s } }
	lookedUp := func(g *gitHub) func() {
		g.build(mainRef).export("x", all)
		g.today()
		g.begin(pull1)
		build := g.build(pull1)
		build.layer(all[0])
		build.layer(all[1])
		return func() { build.writeIndex("y", all) }
	}
	for name, test := range map[string]struct {
		policy  reclaim.Policy
		prepare func(g *gitHub) (export func())
	}{
		"a ref of which another one has looked a layer up": {
			reclaim.Policy{Ref: only(mainRef)},
			lookedUp,
		},
		"a scope that uploaded a layer which another one needs": {
			reclaim.Policy{Scope: only("x")},
			func(g *gitHub) func() {
				g.today()
				g.begin(mainRef)
				g.begin(mainRef)
				other := g.build(mainRef)
				uploading := make(chan struct{})
				done := make(chan struct{})
				go func() { // takes the layers for present, because they are being uploaded
					defer close(done)
					for range uploading {
						if err := other.cache().Save(g.t.Context(), bkcache.LayerKey(all[0]).String(), actionscache.NewBlob([]byte("x"))); !errors.Is(err, fs.ErrExist) {
							g.t.Error(err)
						}
					}
				}()
				g.before = func(r *http.Request) {
					if r.Method == http.MethodPut { // the upload of the first layer
						g.before = nil
						uploading <- struct{}{}
						close(uploading)
						<-done
					}
				}
				g.build(mainRef).export("x", all)
				return func() { other.writeIndex("y", all) }
			},
		},
		"everything": {
			reclaim.Policy{All: true},
			lookedUp,
		},
	} {
		for class, likely := range map[string]bool{"proven": false, "likely": true} {
			t.Run(name+", "+class, func(t *testing.T) {
				g := newGitHub(t)
				export := test.prepare(g)
				repo := g.repository()
				plan := g.plan(repo, test.policy)
				if !likely {
					plan = plan.Proven()
				}
				if result := g.prune(repo, plan); result.Deleted.Count != 1 { // the index
					t.Errorf("%+v", result)
				}
				export()
				if n := g.missing(repo, all); n > 0 {
					t.Errorf("%d layers of the new index are deleted", n)
				}
			})
		}
	}
}

// TestALookUpInTheLastMoment comes between the last glance and the deletion. Only a build
// under way can do that, and what it can see is not proven.
func TestALookUpInTheLastMoment(t *testing.T) {
	for name, test := range map[string]struct {
		likely  bool
		missing int
	}{"only what is proven goes": {false, 0}, "what is likely goes, too": {true, 3}} {
		t.Run(name, func(t *testing.T) {
			g := newGitHub(t)
			all := layers(3)
			for _, d := range all {
				g.build(mainRef).layer(d)
			}
			g.today()
			g.begin(mainRef)
			build := g.build(mainRef)
			repo := g.repository()
			plan := g.plan(repo, reclaim.Policy{})
			if !test.likely {
				plan = plan.Proven()
			}
			var once sync.Once
			g.before = func(r *http.Request) {
				if r.Method == http.MethodDelete {
					once.Do(func() {
						for _, d := range all {
							build.layer(d)
						}
					})
				}
			}
			g.prune(repo, plan)
			build.writeIndex("app", all)
			if n := g.missing(repo, all); n != test.missing {
				t.Errorf("%d layers of the new index are deleted, want %d", n, test.missing)
			}
		})
	}
}
