package localcache_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/localcache"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"pgregory.net/rapid"
)

// build is an export that is under way: it writes its layers one by one, then its manifest,
// and then index.json.
type build struct {
	tag      string
	began    time.Time
	layers   []string // to export
	exported []ocispecs.Descriptor
	wrote    []digest.Digest      // of exported, what was not there
	lost     bool                 // of what it has exported, something was deleted when nothing showed this build
	presence *localcache.Presence // nil: it runs without this program
	before   func(digest string) bool
}

// world has builds under way in one folder, and a clock.
type world struct {
	*folder
	builds []*build
	fresh  int // names of layers
}

// TestNoExportLosesWhatItReferences generates builds of this program and of others that
// export to one folder at the same time, break off, clean up and prune in any order. What
// index.json references must be there after each step. A build that nothing showed, when
// something was deleted that it had exported, ends without a manifest: the documentation of the
// package tells of this limit.
func TestNoExportLosesWhatItReferences(t *testing.T) {
	deleted := 0
	rapid.Check(t, func(r *rapid.T) {
		f := newFolder(t)
		f.t = generating{t, r}
		f.now = time.Now().Add(-1000 * time.Hour)
		f.export("a", "new 0")
		w := &world{folder: f}
		steps := map[string]func(*rapid.T){
			"start ours":   func(r *rapid.T) { w.start(r, true) },
			"start theirs": func(r *rapid.T) { w.start(r, false) },
			"step":         func(r *rapid.T) { w.step(r) },
			"step on":      func(r *rapid.T) { w.step(r) },
			"step further": func(r *rapid.T) { w.step(r) },
			"break off":    w.breakOff,
			"prune":        func(r *rapid.T) { deleted += w.tryPrune(r) },
			"wait":         w.wait,
			"": func(*rapid.T) {
				w.whole()
				w.clean()
			},
		}
		r.Repeat(steps)
		for len(w.builds) > 0 {
			w.end(w.builds[0])
		}
		w.now = w.now.Add(2 * localcache.DefaultGrace)
		w.prune(grace, w.now)
		if left, referenced := len(w.blobs()), len(w.whole()); left != referenced {
			r.Fatalf("%d blobs are left, of which %d are referenced", left, referenced)
		}
	})
	if deleted == 0 {
		t.Error("nothing was ever deleted")
	}
}

// generating is a test whose failures rapid makes shorter.
type generating struct {
	testing.TB
	rapid *rapid.T
}

// Fatalf implements [testing.TB].
func (t generating) Fatalf(format string, args ...any) { t.rapid.Fatalf(format, args...) }

func (w *world) start(r *rapid.T, ours bool) {
	if len(w.builds) == 3 {
		r.Skip("enough builds")
	}
	b := &build{tag: rapid.SampledFrom([]string{"a", "b"}).Draw(r, "tag"), began: w.now}
	for range rapid.IntRange(0, 2).Draw(r, "layers") {
		w.fresh++
		b.layers = append(b.layers, fmt.Sprint("new ", w.fresh))
	}
	old := fmt.Sprint("new ", rapid.IntRange(max(0, w.fresh-6), w.fresh).Draw(r, "old layer"))
	if len(b.layers) > 0 { // others see a build from its first new layer on
		b.layers = append(b.layers, old)
	}
	if ours {
		b.layers = append([]string{old}, b.layers...)
		b.presence = localcache.Enter(w.t.Context(), w.dir)
		b.before = w.read().References()
	}
	w.builds = append(w.builds, b)
}

// step writes a layer or, after the last one, the manifest and index.json. A build of this
// program cleans up then, if it is alone.
func (w *world) step(r *rapid.T) {
	if len(w.builds) == 0 {
		r.Skip("no build is under way")
	}
	b := w.builds[rapid.IntRange(0, len(w.builds)-1).Draw(r, "build")]
	w.now = w.now.Add(time.Second)
	if len(b.layers) > 0 {
		w.exportLayer(b)
		return
	}
	if !b.lost {
		w.put(b.tag, w.manifest(rapid.Bool().Draw(r, "image"), b.exported...))
	}
	if b.presence != nil {
		alone, err := b.presence.Alone()
		check(w.t, err)
		if alone {
			w.delete(localcache.Policy{Grace: localcache.DefaultGrace, Replaced: b.before})
		}
	}
	w.end(b)
}

func (w *world) exportLayer(b *build) {
	before := w.blobs()
	layer := w.layer(b.layers[0])
	b.layers = b.layers[1:]
	b.exported = append(b.exported, layer)
	if !before[layer.Digest] {
		b.wrote = append(b.wrote, layer.Digest)
	}
}

// delete prunes, and notes which builds lose by it what they have exported while nothing showed
// them: those that run without this program, and wrote only what a manifest references, or did
// so as far as the policy knows.
func (w *world) delete(policy localcache.Policy) (deleted int) {
	before, referenced := w.blobs(), w.read().References()
	shows := func(layer digest.Digest) bool {
		return !referenced(layer.String()) && (policy.Replaced == nil || !policy.Replaced(layer.String()))
	}
	deleted = w.prune(policy, w.now).Deleted.Count
	for _, b := range w.builds {
		goes := func(layer ocispecs.Descriptor) bool { return before[layer.Digest] && !w.has(layer.Digest) }
		b.lost = b.lost || b.presence == nil && !slices.ContainsFunc(b.wrote, shows) && slices.ContainsFunc(b.exported, goes)
	}
	return deleted
}

func (w *world) end(b *build) {
	if b.presence != nil {
		b.presence.Leave()
	}
	for i, other := range w.builds {
		if other == b {
			w.builds = append(w.builds[:i:i], w.builds[i+1:]...)
		}
	}
}

func (w *world) breakOff(r *rapid.T) {
	if len(w.builds) == 0 {
		r.Skip("no build is under way")
	}
	w.end(w.builds[0])
}

// tryPrune prunes, as the command does, if nobody is seen.
func (w *world) tryPrune(r *rapid.T) int {
	p := localcache.Enter(w.t.Context(), w.dir)
	defer p.Leave()
	alone, err := p.Alone()
	check(w.t, err)
	if !alone {
		r.Skip("a build is under way")
	}
	policy := grace
	if rapid.Bool().Draw(r, "tags") {
		policy.KeepTag = only("a")
	}
	return w.delete(policy)
}

// wait lets the clock go on, but not for so long that an export takes longer than exports do.
func (w *world) wait(r *rapid.T) {
	most := 3 * time.Hour
	for _, b := range w.builds {
		if b.presence == nil {
			most = min(most, b.began.Add(localcache.DefaultGrace-time.Minute).Sub(w.now))
		}
	}
	if most <= 0 {
		r.Skip("an export takes too long")
	}
	w.now = w.now.Add(rapid.SampledFrom([]time.Duration{min(most, time.Minute), most}).Draw(r, "wait"))
}

// An export of plain buildx is seen once it writes a layer. What it has found by then stays,
// whether nobody references it or a tag does that is about to go.
func TestWhatAnExportHasFound(t *testing.T) {
	for name, policy := range map[string]localcache.Policy{"garbage": grace, "a tag": {Grace: localcache.DefaultGrace, KeepTag: only("latest")}} {
		t.Run(name, func(t *testing.T) {
			f := newFolder(t)
			f.now = time.Now().Add(-48 * time.Hour)
			f.export("latest", "base")
			f.export("old", "found")
			found := f.layer("unreferenced")
			f.now = time.Now()
			layers := []ocispecs.Descriptor{found, f.layer("found"), f.layer("new")}
			f.prune(policy, time.Now())
			f.put("latest", f.manifest(true, layers...))
			f.whole()
		})
	}
}
