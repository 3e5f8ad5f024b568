package builders

import (
	"encoding/json"
	"os"
	"path/filepath"
	"time"

	"github.com/docker/cli/cli/config"
	"github.com/moby/sys/atomicwriter"
)

// A memory keeps answers between runs that cannot change as long as their key
// stays the same: a buildx's version by its file, a BuildKit's version by its
// running container. It is a file in docker's configuration directory. What
// cannot be read is forgotten, what cannot be written is asked again: a memory
// saves time and decides nothing, so its failures are nobody's concern.
type memory struct{ file string }

// fact is one remembered answer.
type fact struct {
	Answer string    `json:"answer"`
	Learnt time.Time `json:"learnt"`
}

// maxFacts bounds the file. Past it, the oldest is forgotten.
const maxFacts = 100

func openMemory() memory { return memory{filepath.Join(config.Dir(), "ghacache", "known.json")} }

func (m memory) recall(key string) (answer string, ok bool) {
	known, ok := m.read()[key]
	return known.Answer, ok
}

func (m memory) read() map[string]fact {
	facts := map[string]fact{}
	data, err := os.ReadFile(m.file)
	if err != nil || json.Unmarshal(data, &facts) != nil {
		return map[string]fact{}
	}
	return facts
}

// learn adds a fact to what is in the file now. Of two programs that learn at
// the same time one may lose its fact, and asks again.
func (m memory) learn(key, answer string) {
	facts := m.read()
	facts[key] = fact{answer, time.Now()}
	for len(facts) > maxFacts {
		delete(facts, oldest(facts))
	}
	data, err := json.Marshal(facts)
	if err != nil || os.MkdirAll(filepath.Dir(m.file), 0o700) != nil {
		return
	}
	_ = atomicwriter.WriteFile(m.file, data, 0o600) // see the type's comment
}

func oldest(facts map[string]fact) (key string) {
	for k, f := range facts {
		if key == "" || f.Learnt.Before(facts[key].Learnt) {
			key = k
		}
	}
	return key
}
