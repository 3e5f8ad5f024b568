package e2e

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheclient"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/servertest"
	"github.com/docker-ghacache/docker-ghacache/internal/runtimeclient"
)

// monday is when the week of the typical repository begins, as it is recorded.
var monday = time.Date(2026, 6, 22, 0, 0, 0, 0, time.UTC)

// commit is a build of the typical repository's workflow. What it changes stays changed on its ref.
type commit struct {
	at      time.Duration // since monday
	pull    int           // 0 is the default branch
	changes string        // system, lock or source: a layer, and with it those above
	merges  int           // the pull request that this push to the default branch merges
}

// week is what happens on a default branch and five pull requests in six days. Three of these are merged.
func week() []commit {
	on := func(day, hour int) time.Duration { return time.Duration(day*24+hour) * time.Hour }
	const system, lock, source = "system", "lock", "source"
	return []commit{
		{on(0, 9), 0, source, 0}, {on(0, 10), 1, source, 0}, {on(0, 14), 1, source, 0}, {on(0, 16), 0, source, 0}, {on(0, 17), 2, lock, 0},
		{on(1, 9), 0, source, 0}, {on(1, 10), 1, source, 0}, {on(1, 11), 2, source, 0}, {on(1, 13), 4, source, 0}, {on(1, 16), 0, lock, 0}, {on(1, 17), 1, source, 0},
		{on(2, 9), 1, source, 0}, {on(2, 10), 0, source, 1}, {on(2, 11), 2, source, 0}, {on(2, 14), 3, source, 0}, {on(2, 17), 0, source, 0},
		{on(3, 9), 0, system, 0}, {on(3, 10), 2, source, 0}, {on(3, 12), 3, source, 0}, {on(3, 16), 4, source, 0}, {on(3, 17), 0, lock, 2},
		{on(4, 9), 0, source, 0}, {on(4, 10), 5, source, 0}, {on(4, 11), 3, source, 0}, {on(4, 15), 0, source, 3}, {on(4, 17), 5, lock, 0},
		{on(5, 9), 0, source, 0}, {on(5, 10), 5, source, 0}, {on(5, 11), 4, source, 0}, {on(5, 16), 0, source, 0},
	}
}

// recordedAt is the Sunday noon after, when a scheduled prune runs.
const recordedAt = 6*24*time.Hour + 12*time.Hour

func (c commit) ref() string {
	if c.pull == 0 {
		return mainRef
	}
	return fmt.Sprintf("refs/pull/%d/merge", c.pull)
}

// runningClock is a clock that can be set, and on which an hour takes a minute: a build of seconds is a job of minutes.
type runningClock struct {
	mu    sync.Mutex
	set   time.Time
	since time.Time
}

func (c *runningClock) setTo(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.set, c.since = t, time.Now()
}

func (c *runningClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.set.Add(60 * time.Since(c.since))
}

// TestTypicalRepository lets real builds fill the real service in the course of a week, through a relay as on GitHub. What
// the service lists afterwards and what its indexes hold is what internal/reclaim is measured with.
func TestTypicalRepository(t *testing.T) {
	u := newUser(t, shared.remote)
	clock := &runningClock{}
	begin := time.Now().Add(-10 * 24 * time.Hour) // in the past for BuildKit, which reads the tokens
	clock.setTo(begin)
	service := servertest.Open(t, cacheserver.Options{Dir: t.TempDir(), Repository: "octo/app", Now: clock.now})
	url := servertest.Serve(t, service)
	dir, files := growing(t), map[string]map[string]string{}
	for n, c := range week() {
		clock.setTo(begin.Add(c.at))
		u.enterWeek(service, url, c.ref())
		writeFiles(t, dir, merge(files, c, n))
		u.forget()
		time.Sleep(1100 * time.Millisecond) // steps that run within the same second write the same layer
		u.run(relayed(dir, toAndFrom("app")...)...)
	}
	clock.setTo(begin.Add(recordedAt))
	got := record(t, service, url, begin)
	file := filepath.Join("..", "reclaim", "testdata", "week.json")
	if *update {
		check(t, os.MkdirAll(filepath.Dir(file), 0o755))
		check(t, os.WriteFile(file, got.json(t), 0o644))
	}
	data, err := os.ReadFile(file)
	check(t, err)
	var want recording
	check(t, json.Unmarshal(data, &want))
	got.alike(t, want)
}

// growing is an image of a system, dependencies and a program.
func growing(t *testing.T) string {
	dir := image(t)
	lines := []string{
		"FROM scratch AS system", "ENV PATH=/", "COPY example /", "COPY system /etc.system", `RUN ["example", "write", "/usr.lib", "1500000"]`,
		"FROM system AS dependencies", "COPY lock /lock", `RUN ["example", "write", "/modules", "900000"]`,
		"FROM dependencies AS compile", "COPY source /source", `RUN ["example", "write", "/objects", "700000"]`, `RUN ["example", "write", "/app", "550000"]`,
		"FROM system", "COPY --from=compile /app /app",
	}
	check(t, os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte(strings.Join(lines, "\n")+"\n"), 0o600))
	return dir
}

// merge returns the files that build n of the week sees: a pull request's are merged with the default branch.
func merge(files map[string]map[string]string, c commit, n int) map[string]string {
	own := files[c.ref()]
	if own == nil {
		own = map[string]string{}
		files[c.ref()] = own
	}
	if c.merges > 0 {
		for name, content := range files[commit{pull: c.merges}.ref()] {
			own[name] += content
		}
	}
	own[c.changes] += fmt.Sprintf("changed by build %d\n", n)
	merged := map[string]string{}
	for _, name := range []string{"system", "lock", "source"} {
		merged[name] = files[mainRef][name]
		if c.pull > 0 {
			merged[name] += own[name]
		}
	}
	return merged
}

func writeFiles(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		check(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
	}
}

// enterWeek puts the user into a job on ref, which reads the default branch as well.
func (u *user) enterWeek(s *cacheserver.Server, url, ref string) {
	u.t.Helper()
	for _, v := range s.Environment(url, tokenFor(u.t, s, ref), "") {
		u.set(v.Name, v.Value)
	}
	u.set("GITHUB_ACTIONS", "true")
}

func tokenFor(t *testing.T, s *cacheserver.Server, refs ...string) string {
	t.Helper()
	var scopes []cacheserver.RefAccess
	for i, ref := range append(refs, mainRef) {
		if i == 0 || ref != refs[0] {
			scopes = append(scopes, cacheserver.RefAccess{Ref: ref, Write: i == 0})
		}
	}
	token, err := s.RuntimeToken(scopes, 60*24*time.Hour)
	check(t, err)
	return token
}

// recording is a repository's cache as it is listed, and all that its indexes hold.
type recording struct {
	Now     time.Time                 `json:"now"`
	Default string                    `json:"default"`
	Closed  []string                  `json:"closed"`
	Caches  []recordedEntry           `json:"actions_caches"` // as in GitHub's listing
	Indexes map[int64]json.RawMessage `json:"indexes"`        // by ID, as BuildKit wrote them
}

type recordedEntry struct {
	ID       int64     `json:"id"`
	Ref      string    `json:"ref"`
	Key      string    `json:"key"`
	Version  string    `json:"version"`
	Accessed time.Time `json:"last_accessed_at"`
	Created  time.Time `json:"created_at"`
	Size     int64     `json:"size_in_bytes"`
}

// record lists before it reads, because reading an index is a use.
func record(t *testing.T, s *cacheserver.Server, url string, begin time.Time) recording {
	t.Helper()
	r := recording{
		Now: monday.Add(recordedAt), Default: mainRef, Indexes: map[int64]json.RawMessage{},
		Closed: []string{"refs/pull/1/merge", "refs/pull/2/merge", "refs/pull/3/merge"},
	}
	restToken, err := s.RESTToken(false, 60*24*time.Hour)
	check(t, err)
	client, err := cacheclient.New(cacheclient.Target{Host: "localhost", APIURL: url + "/", Owner: "octo", Repo: "app"}, restToken,
		cacheclient.Options{Now: time.Now})
	check(t, err)
	entries, err := client.List(t.Context(), cacheclient.Filter{})
	check(t, err)
	shift := monday.Sub(begin)
	var refs []string
	for _, e := range entries {
		r.Caches = append(r.Caches, recordedEntry{
			e.ID, e.Ref, e.Key, e.Version, e.Used.Add(shift).UTC().Truncate(time.Millisecond), e.Created.Add(shift).UTC().Truncate(time.Millisecond), e.Size,
		})
		refs = append(refs, e.Ref)
	}
	slices.SortFunc(r.Caches, func(a, b recordedEntry) int { return cmp.Compare(a.ID, b.ID) })
	runtime, err := runtimeclient.NewReader(url+"/", 2, tokenFor(t, s, slices.Compact(slices.Sorted(slices.Values(refs)))...), "e2e")
	check(t, err)
	for _, e := range entries {
		if bkcache.ParseKey(e.Key, e.Version).Kind != bkcache.KindIndex {
			continue
		}
		content, key, err := runtime.Read(t.Context(), e.Key)
		check(t, err)
		if key != e.Key || int64(len(content)) != e.Size {
			t.Fatalf("read %d bytes of %s for %d of %s", len(content), key, e.Size, e.Key)
		}
		r.Indexes[e.ID] = content
	}
	return r
}

// json has a line for each entry and each index.
func (r recording) json(t *testing.T) []byte {
	t.Helper()
	data, err := json.Marshal(r)
	check(t, err)
	data = []byte(strings.NewReplacer(`},{"id":`, "},\n{\"id\":", `],"`, "],\n\"", `"indexes":{`, "\"indexes\":{\n").Replace(string(data)))
	return append(data, '\n')
}

// share is what the entries of a kind on a ref come to. Layers of a few files are a kind of their own.
type share struct{ ref, kind string }

const (
	fewFiles = "layer of a few files"
	index    = "index"
)

func (r recording) shares() (count map[share]int, size map[share]int64) {
	count, size = map[share]int{}, map[share]int64{}
	for _, e := range r.Caches {
		s := share{e.Ref, bkcache.ParseKey(e.Key, e.Version).Kind.String()}
		if s.kind == "layer" && e.Size < 4096 {
			s.kind = fewFiles
		}
		count[s]++
		size[s] += e.Size
	}
	return count, size
}

// alike compares two recordings of the same week. Layers of a few files that differ in nothing but the second in
// which they were made are one where builds are fast. So on a busy machine there are more of them, and the indexes
// that name them are longer. All other layers are the same ones everywhere. In which of several indexes BuildKit finds a
// step is chance, but through a relay all of them have the same content (docs/adr/0014-one-index.md).
func (r recording) alike(t *testing.T, want recording) {
	t.Helper()
	count, size := r.shares()
	wantCount, wantSize := want.shares()
	for s := range wantCount {
		n, bytes := 0, wantSize[s]/100
		switch s.kind {
		case fewFiles:
			n, bytes = wantCount[s], wantSize[s]
		case index:
			bytes = wantSize[s] / 2
		}
		d := count[s] - wantCount[s]
		if max(d, -d) > n {
			t.Errorf("%s has %d entries of kind %s, %d were recorded", s.ref, count[s], s.kind, wantCount[s])
		}
		if d := size[s] - wantSize[s]; max(d, -d) > bytes {
			t.Errorf("%s has %d bytes of kind %s, %d were recorded", s.ref, size[s], s.kind, wantSize[s])
		}
	}
	if len(count) != len(wantCount) || len(r.Indexes) != len(want.Indexes) {
		t.Errorf("the service holds %v, recorded were %v", count, wantCount)
	}
	t.Logf("entries: %v, recorded: %v; bytes: %v, recorded: %v", count, wantCount, size, wantSize)
}
