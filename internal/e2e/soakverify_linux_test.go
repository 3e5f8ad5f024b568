package e2e

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"sync"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	actionscache "github.com/tonistiigi/go-actions-cache"
)

// checkStore checks the folder of the service, which must not run.
func (s *soak) checkStore() {
	s.t.Helper()
	if out, err := exec.Command(shared.bin("docker-ghacache"), "serve", "--check", "--dir", s.store).CombinedOutput(); err != nil {
		s.t.Errorf("serve --check: %v\n%s", err, out)
	}
}

// verify reads all entries of the service after a kill: each layer is what its digest says, and each index references layers that
// are there.
func (s *soak) verify() {
	s.t.Helper()
	check(s.t, s.service.end(os.Kill))
	s.checkStore()
	check(s.t, s.service.up())
	env := s.serveEnv()
	cache, err := actionscache.New(env["ACTIONS_RUNTIME_TOKEN"], env["ACTIONS_RESULTS_URL"], true, actionscache.Opt{Client: http.DefaultClient})
	check(s.t, err)
	read := func(key string) []byte {
		entry, err := cache.Load(s.t.Context(), key)
		check(s.t, err)
		if entry == nil {
			s.t.Fatalf("%s is listed and not found", key)
		}
		var content bytes.Buffer
		check(s.t, entry.WriteTo(s.t.Context(), &content))
		return content.Bytes()
	}
	whole, indexes := map[string]bool{}, []string{}
	for _, key := range s.keys() {
		switch k := bkcache.ParseKey(key, bkcache.Version); k.Kind {
		case bkcache.KindLayer:
			whole[k.Digest] = fmt.Sprintf("sha256:%x", sha256.Sum256(read(key))) == k.Digest
			if !whole[k.Digest] {
				s.t.Errorf("%s has other content", key)
			}
		case bkcache.KindIndex:
			indexes = append(indexes, key)
		}
	}
	for _, key := range indexes {
		index, err := bkcache.ParseIndex(read(key))
		if err != nil {
			s.t.Errorf("%s: %v", key, err)
			continue
		}
		for _, l := range index.Layers {
			if !whole[l.Digest] {
				s.t.Errorf("%s references %s, which is not there", key, l.Digest)
			}
		}
	}
	s.t.Logf("%d layers and %d indexes are whole", len(whole), len(indexes))
	if len(indexes) < len(s.workers) {
		s.t.Error("there was nothing to see")
	}
}

// keys lists the entries of the service.
func (s *soak) keys() (keys []string) {
	s.t.Helper()
	w := s.workers[0]
	for name, value := range s.serveEnv() {
		w.set(name, value)
	}
	out := w.run("ls", "--entries", "--format", "json").stdout
	for decoder := json.NewDecoder(bytes.NewReader([]byte(out))); decoder.More(); {
		var entry struct{ Key string }
		check(s.t, decoder.Decode(&entry))
		keys = append(keys, entry.Key)
	}
	return keys
}

// growth builds in equal rounds, with faults and without kills. What the programs have must not grow.
func (s *soak) growth(lasts time.Duration) {
	s.t.Helper()
	mine := []*daemon{s.service, s.relay}
	s.restart()
	s.round()
	before := map[string]int{}
	for _, d := range mine {
		before[d.name] = d.goroutines(s.t)
	}
	s.restart()
	had := map[string][]usage{}
	for end := time.Now().Add(lasts); time.Now().Before(end) || len(had["serve"]) < 6; {
		s.round()
		for _, d := range mine {
			had[d.name] = append(had[d.name], d.usage(s.t))
		}
	}
	for _, d := range mine {
		all := had[d.name]
		third := len(all) / 3
		earlier, last := most(all[third:2*third]), most(all[2*third:])
		after := d.goroutines(s.t)
		s.t.Logf("%s: %s in round %d; %s at most until %d of %d rounds, then %s; %d goroutines after one round, %d after all",
			d.name, all[0], 1, earlier, 2*third, len(all), last, before[d.name], after)
		if last.files > earlier.files+8 || after > before[d.name]+8 || last.threads > earlier.threads+8 || last.memory > earlier.memory+max(earlier.memory/4, 16<<10) {
			s.t.Errorf("%s grows: %v", d.name, all)
		}
	}
	check(s.t, s.service.up())
	check(s.t, s.relay.up())
}

// restart ends the service and the relay as an operator does, and starts them again.
func (s *soak) restart() {
	s.t.Helper()
	for _, d := range []*daemon{s.relay, s.service} {
		check(s.t, d.end(os.Interrupt))
	}
	check(s.t, s.service.up())
	check(s.t, s.relay.up())
}

// round has each worker build once, and waits until the programs have closed what they opened for it.
func (s *soak) round() {
	s.t.Helper()
	s.faults(true)
	var all sync.WaitGroup
	for _, w := range s.workers {
		all.Go(func() { w.build(s.t.Context()) })
	}
	all.Wait()
	s.faults(false)
	for _, d := range []*daemon{s.service, s.relay} {
		files, since := 0, time.Now()
		within(10*time.Second, func() bool {
			if now := d.usage(s.t).files; now != files {
				files, since = now, time.Now()
			}
			return time.Since(since) > time.Second
		})
	}
}

// most is the largest of each, one after the other.
func most(all []usage) usage {
	by := func(field func(usage) int) int {
		return field(slices.MaxFunc(all, func(a, b usage) int { return cmp.Compare(field(a), field(b)) }))
	}
	return usage{by(func(u usage) int { return u.files }), by(func(u usage) int { return u.memory }), by(func(u usage) int { return u.threads })}
}
