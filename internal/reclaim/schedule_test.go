package reclaim

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
)

// cache is what builds and prune do with a cache service: the model, or the real one.
type cache interface {
	// lookup returns the key that the service finds on the first of refs for a key or what
	// begins with it, and marks it as used.
	lookup(refs []string, key string) (found string, ok bool)
	reserve(ref, key string) bool
	commit(ref, key string, content string)
	delete(id int64) bool
	// recent and runs are those of the client.
	recent(blobs []bkcache.Entry, since time.Time) Glance
	runs(all []bkcache.Run) bkcache.Runs
	// list lists everything, read the content of an index, which marks it as used.
	list() []bkcache.Entry
	read(e bkcache.Entry) string
}

// schedule lets builds and a prune take turns, step by step, as drawn.
type schedule struct {
	cache
	random *rand.Rand
	time   time.Time

	refs    bkcache.Refs
	tainted map[int64]bool // runs during which their ref was closed
	running []bkcache.Run
	builds  []*build
	nextRun int64

	written []written
	deleted map[int64]time.Time // by prune: when the last glance at it began
	glanced map[int64]time.Time
	quiet   int  // how seldom a build begins
	unread  bool // the token of prune reads the default branch only
	blind   bool // GitHub does not tell the runs
	steps   int
	traced  bool
	trace   []string
}

// build is an export, as BuildKit's Finalize goes about it.
type build struct {
	run     bkcache.Run
	ref     string
	scope   string
	layers  []string
	listing bool // it has a ghtoken

	listed map[string][]int64
	refsIn []string // still to list
	begun  bool
	upload bool // the layer at hand is reserved
	at     int
	number int
	relied map[string][]evidence
}

// evidence is an entry that a build relies on.
type evidence struct {
	id      int64
	key     string // with id 0: what somebody else is uploading, on ref
	ref     string
	at      time.Time
	listing bool
}

// written is an index that a build wrote.
type written struct {
	id     int64
	ref    string
	names  []string
	relied map[string][]evidence
	run    int64
}

const (
	pull2   = "refs/pull/2/merge"
	release = "refs/heads/release"
)

func scheduleLayers() []string {
	return []string{sum("s0"), sum("s1"), sum("s2"), sum("s3"), sum("s4")}
}

func newSchedule(seed uint64, serve func(now func() time.Time) cache) *schedule {
	s := &schedule{
		random: rand.New(rand.NewPCG(seed, 1)), time: now, tainted: map[int64]bool{},
		deleted: map[int64]time.Time{}, glanced: map[int64]time.Time{},
		refs: bkcache.Refs{
			Default: mainRef, Closed: map[string]string{},
			Bases: map[string]string{pull1: mainRef, pull2: release},
		},
	}
	s.cache = serve(func() time.Time { return s.time })
	s.quiet = pick(s, []int{4, 20, 60})
	s.unread, s.blind = s.one(4), s.one(8)
	s.seed()
	return s
}

// seed leaves behind what builds of earlier days wrote.
func (s *schedule) seed() {
	s.time = ago(3 * day)
	for _, ref := range []string{mainRef, release, pull1, pull2} {
		for _, layer := range scheduleLayers() {
			if key := bkcache.LayerKey(layer).String(); s.one(2) && s.reserve(ref, key) {
				s.commit(ref, key, "blob")
			}
		}
		for n := range s.random.IntN(4) {
			key := fmt.Sprint(bkcache.IndexPrefix("a", ref, false), "#", n+1)
			if s.reserve(ref, key) {
				s.commit(ref, key, pick(s, scheduleLayers()))
			}
			s.time = s.time.Add(time.Second)
		}
	}
	s.time = now
}

func (s *schedule) one(of int) bool { return s.random.IntN(of) == 0 }

func (s *schedule) say(format string, args ...any) {
	if !s.traced {
		return
	}
	s.trace = append(s.trace, s.time.Format("15:04:05.000 ")+fmt.Sprintf(format, args...))
}

func pick[T any](s *schedule, from []T) T { return from[s.random.IntN(len(from))] }

// reads are the refs that a job on ref reads, in the order of its look-ups.
func (s *schedule) reads(ref string) []string {
	switch ref {
	case mainRef:
		return []string{mainRef}
	case pull2:
		return []string{pull2, release, mainRef}
	default:
		return []string{ref, mainRef}
	}
}

// yield lets others go on, for a moment or for long.
func (s *schedule) yield() {
	switch {
	case s.one(30):
		s.time = s.time.Add(time.Duration(s.random.IntN(100)) * time.Second)
	case s.one(6):
		s.time = s.time.Add(time.Duration(s.random.IntN(9000)) * time.Millisecond)
	case s.one(3):
		s.time = s.time.Add(time.Duration(s.random.IntN(4000)) * time.Millisecond)
	default:
		s.time = s.time.Add(time.Millisecond)
	}
	for range s.random.IntN(8) {
		s.step()
	}
}

func (s *schedule) step() {
	if s.steps++; s.steps > 400 {
		return
	}
	s.time = s.time.Add(time.Duration(s.random.IntN(300)) * time.Millisecond)
	switch {
	case len(s.builds) < 3 && s.one(s.quiet):
		s.begin()
	case s.one(25):
		s.turn(pick(s, []string{pull1, pull2}))
	case len(s.builds) > 0:
		i := s.random.IntN(len(s.builds))
		if b := s.builds[i]; s.one(40) || b.step(s) { // killed, or done
			s.say("run %d ends", b.run.ID)
			s.builds = slices.Delete(s.builds, i, i+1)
			s.running = slices.DeleteFunc(s.running, func(r bkcache.Run) bool { return r.ID == b.run.ID })
		}
	}
}

// turn closes a pull request, or opens it again.
func (s *schedule) turn(ref string) {
	if _, closed := s.refs.Closed[ref]; closed {
		s.say("%s is reopened", ref)
		delete(s.refs.Closed, ref)
		return
	}
	s.say("%s is closed", ref)
	s.refs.Closed[ref] = "closed"
	for _, b := range s.builds {
		if b.ref == ref {
			s.tainted[b.run.ID] = true
		}
	}
}

func (s *schedule) begin() {
	ref := pick(s, []string{mainRef, mainRef, release, pull1, pull2})
	s.nextRun++
	run := bkcache.Run{ID: s.nextRun, Status: "in_progress", Refs: []string{ref}, Began: s.time}
	if s.one(5) {
		run.Refs = nil
	}
	if _, closed := s.refs.Closed[ref]; closed {
		s.tainted[run.ID] = true
	}
	b := &build{run: run, ref: ref, scope: pick(s, []string{"a", "b"}), listing: s.one(2), relied: map[string][]evidence{}}
	layers := scheduleLayers()
	s.random.Shuffle(len(layers), func(i, j int) { layers[i], layers[j] = layers[j], layers[i] })
	b.layers = layers[:1+s.random.IntN(3)]
	s.running = append(s.running, run)
	s.builds = append(s.builds, b)
	s.say("run %d on %s begins: scope %s, listing %t", run.ID, ref, b.scope, b.listing)
}

// step does one thing, and reports whether it was the last.
func (b *build) step(s *schedule) bool {
	switch {
	case !b.begun:
		if s.time.Sub(b.run.Began) > fresh { // to start a job and build takes longer
			b.begun, b.refsIn, b.listed = true, s.reads(b.ref), map[string][]int64{}
		}
	case b.listing && len(b.refsIn) > 0:
		for _, e := range s.list() {
			if e.Ref == b.refsIn[0] {
				b.listed[e.Key] = append(b.listed[e.Key], e.ID)
			}
		}
		s.say("run %d lists %s", b.run.ID, b.refsIn[0])
		b.refsIn = b.refsIn[1:]
	case b.at < len(b.layers):
		b.layer(s, bkcache.LayerKey(b.layers[b.at]).String())
	default:
		return b.index(s)
	}
	return false
}

func (b *build) rely(s *schedule, e evidence) {
	e.at = s.time
	b.relied[e.key] = append(b.relied[e.key], e)
	b.at++
	s.say("run %d relies on %d %s", b.run.ID, e.id, short(e.key))
}

func short(key string) string { return strings.TrimPrefix(key, bkcache.BlobKeys)[:12] }

func (b *build) layer(s *schedule, key string) {
	switch ids := b.listed[key]; {
	case b.upload:
		s.commit(b.ref, key, "blob")
		b.upload = false
		b.rely(s, evidence{id: s.find(key, b.ref), key: key})
	case len(ids) > 0:
		b.at++
		for _, id := range ids {
			b.at--
			b.rely(s, evidence{id: id, key: key, listing: true})
		}
	case !b.listing && b.finds(s, key):
	case s.reserve(b.ref, key):
		b.upload = true
	default:
		b.rely(s, evidence{id: s.find(key, b.ref), key: key, ref: b.ref})
	}
}

func (b *build) finds(s *schedule, key string) bool {
	found, ok := s.lookup(s.reads(b.ref), key)
	if !ok || found != key {
		return false
	}
	for _, ref := range s.reads(b.ref) {
		if id := s.find(key, ref); id != 0 {
			b.rely(s, evidence{id: id, key: key})
			return true
		}
	}
	panic("the service found what it does not list")
}

// find returns the entry, or 0 if there is none.
func (s *schedule) find(key, ref string) int64 {
	for _, e := range s.list() {
		if e.Key == key && e.Ref == ref {
			return e.ID
		}
	}
	return 0
}

// index replaces the index as SaveMutable does.
func (b *build) index(s *schedule) bool {
	prefix := bkcache.IndexPrefix(b.scope, b.ref, false) + "#"
	key := func() string { return fmt.Sprint(prefix, b.number) }
	switch {
	case b.number == 0:
		b.number = 1
		if found, ok := s.lookup(s.reads(b.ref), prefix); ok {
			fmt.Sscan(strings.TrimPrefix(found, prefix), &b.number)
			b.number++
		}
	case !b.upload:
		if b.upload = s.reserve(b.ref, key()); !b.upload {
			b.number++
		}
	default:
		s.commit(b.ref, key(), strings.Join(b.layers, ","))
		s.written = append(s.written, written{id: s.find(key(), b.ref), ref: b.ref, names: b.layers, relied: b.relied, run: b.run.ID})
		s.say("run %d writes %s", b.run.ID, key())
		return true
	}
	return false
}

// Delete implements [Service].
func (s *schedule) Delete(_ context.Context, id int64, before time.Time) error {
	s.yield()
	if !before.IsZero() && s.time.After(before) {
		s.say("prune is late for %d", id)
		return ErrLate
	}
	if s.one(50) {
		return errDenied
	}
	if !s.delete(id) {
		return fs.ErrNotExist
	}
	s.deleted[id] = s.glanced[id]
	s.say("prune deletes %d", id)
	return nil
}

// Look implements [Service].
func (s *schedule) Look(context.Context) (*Analysis, error) {
	s.yield()
	entries := s.list()
	s.yield()
	contents := map[int64]Index{}
	for _, e := range entries {
		if bkcache.ParseKey(e.Key, e.Version).Kind != bkcache.KindIndex || s.unread && e.Ref != mainRef {
			continue
		}
		var content Index
		if text := s.read(e); text != "" {
			for name := range strings.SplitSeq(text, ",") {
				content.Layers = append(content.Layers, bkcache.Layer{Digest: name, Size: 1})
			}
			contents[e.ID] = content
		}
	}
	s.yield()
	refs := s.refs
	refs.Closed = maps.Clone(refs.Closed)
	return Analyze(entries, contents, refs), nil
}

// Glance implements [Service].
func (s *schedule) Glance(_ context.Context, blobs []bkcache.Entry, since time.Time) (Glance, error) {
	s.yield()
	for _, e := range blobs {
		s.glanced[e.ID] = s.time
	}
	return s.recent(blobs, since), nil
}

// Runs implements [Service].
func (s *schedule) Runs(context.Context) (bkcache.Runs, error) {
	s.yield()
	if s.blind {
		return bkcache.Runs{}, nil
	}
	return s.runs(s.running), nil
}

// prune plans, asks, plans again and deletes, as the command does.
func (s *schedule) prune(ctx context.Context, likely bool) error {
	policy := pick(s, []Policy{
		{}, {Unreferenced: true}, {Ref: only(mainRef)}, {Ref: only(pull1)}, {Scope: only("a")}, {All: true}, {KeepStorage: 700}, {Until: s.time},
	})
	policy.Grace = pick(s, []time.Duration{0, 0, time.Minute, day})
	if likely && s.blind {
		policy.Grace = 2 * day
	}
	var plan *Plan
	for range 2 { // before and after the question
		policy.Runs, _ = s.Runs(ctx)
		asked := policy.Runs.Asked
		if asked.IsZero() {
			asked = s.time
		}
		analysis, err := s.Look(ctx)
		if err != nil {
			return err
		}
		plan = NewPlan(analysis, policy, asked)
		for range s.random.IntN(20) {
			s.yield()
		}
	}
	if !likely {
		plan = plan.Proven()
	}
	e := &execution{plan: plan, service: s, now: func() time.Time { return s.time }, workers: 1, batch: 1 + s.random.IntN(4)}
	_, err := e.execute(ctx)
	return err
}

// broken returns what an index that is there references and prune has deleted, with the
// evidence that its build had of it.
func (s *schedule) broken() (broken []evidence) {
	entries := s.list()
	for _, x := range s.written {
		listed := slices.ContainsFunc(entries, func(e bkcache.Entry) bool { return e.ID == x.id })
		if _, closed := s.refs.Closed[x.ref]; !listed || closed || s.tainted[x.run] {
			continue
		}
		for key, relied := range x.relied {
			there := slices.ContainsFunc(entries, func(e bkcache.Entry) bool { return e.Key == key && slices.Contains(s.reads(x.ref), e.Ref) })
			for _, on := range relied {
				if _, gone := s.deleted[on.id]; gone && !there {
					broken = append(broken, on)
				}
			}
		}
	}
	return broken
}
