package builders

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"

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
	Key    string `json:"key"`
	Answer string `json:"answer"`
}

// maxFacts bounds the file. Past it, the oldest is forgotten.
const maxFacts = 100

func openMemory() memory { return memory{filepath.Join(config.Dir(), "ghacache", "known.json")} }

func (m memory) recall(key string) (answer string, ok bool) {
	facts := m.read()
	i := slices.IndexFunc(facts, func(f fact) bool { return f.Key == key })
	if i < 0 {
		return "", false
	}
	return facts[i].Answer, true
}

func (m memory) read() (facts []fact) {
	data, err := os.ReadFile(m.file)
	if err != nil || json.Unmarshal(data, &facts) != nil {
		return nil
	}
	return facts
}

// learn adds a fact to what is in the file now. Of two programs that learn at
// the same time one may lose its fact, and asks again.
func (m memory) learn(key, answer string) {
	facts := slices.DeleteFunc(m.read(), func(f fact) bool { return f.Key == key })
	facts = append(facts, fact{key, answer})
	data, err := json.Marshal(facts[max(0, len(facts)-maxFacts):])
	if err != nil || os.MkdirAll(filepath.Dir(m.file), 0o700) != nil {
		return
	}
	_ = atomicwriter.WriteFile(m.file, data, 0o600) // see the type's comment
}
