package e2e

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"

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
