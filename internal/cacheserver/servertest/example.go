package servertest

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	cacheconfig "github.com/moby/buildkit/cache/remotecache/v1/types"
	"github.com/opencontainers/go-digest"
)

// The refs of [Example].
const (
	Main       = "refs/heads/main"
	OpenPull   = "refs/pull/12/merge"
	ClosedPull = "refs/pull/9/merge"
	DeletedRef = "refs/heads/gone"
	LongRef    = "refs/heads/feature/a-branch-with-a-name-that-is-longer-than-a-column"
)

// Refs are those that exist.
func Refs() []string { return []string{Main, OpenPull, LongRef} }

// OtherTool is the key of the entry that is not BuildKit's.
const OtherTool = "setup-go-Linux-x64-go1.26"

const day = 24 * time.Hour

// Blob is a layer with a name to tell it by.
func Blob(name string, kib int) (digest.Digest, []byte) {
	content := make([]byte, kib<<10)
	copy(content, name)
	return digest.Digest(fmt.Sprintf("sha256:%x", sha256.Sum256(content))), content
}

// kib is the size of a layer by its name.
func kib(name string) int {
	return map[string]int{"base": 3000, "app": 1200, "app-old": 900, "web": 700, "pull": 400, "closed": 300, "gone": 200, "lost": 100, "idle": 50, "young": 25}[name]
}

// Layer is the entry of a layer, whose name is one that [Example] has.
func Layer(ref, name string, age time.Duration) Entry {
	digest, content := Blob(name, kib(name))
	return Entry{Ref: ref, Key: bkcache.LayerKey(digest.String()).String(), Age: age, Content: content}
}

// Index is the n-th version of an index that names a chain of layers, each the result
// of a record. A name in brackets stands on the layer before the last.
func Index(scope, ref string, n uint64, age time.Duration, names ...string) Entry {
	var config cacheconfig.CacheConfig
	for i, name := range names {
		parent := i - 1
		if name[0] == '(' {
			name, parent = name[1:len(name)-1], i-2
		}
		digest, content := Blob(name, kib(name))
		config.Layers = append(config.Layers, cacheconfig.CacheLayer{
			Blob: digest, ParentIndex: parent,
			Annotations: &cacheconfig.LayerAnnotations{MediaType: "application/vnd.oci.image.layer.v1.tar+gzip", DiffID: digest, Size: int64(len(content)), CreatedAt: Noon().Add(-age)},
		})
		config.Records = append(config.Records, cacheconfig.CacheRecord{Digest: digest, Results: []cacheconfig.CacheResult{{LayerIndex: i}}})
	}
	content, err := json.Marshal(config)
	if err != nil {
		panic(err)
	}
	return Entry{Ref: ref, Key: bkcache.IndexKey(scope, ref, false, n).String(), Age: age, Content: content}
}

// Example is a repository's cache with something of everything.
func Example() []Entry {
	return []Entry{
		Layer(Main, "base", 40*day),
		Layer(Main, "idle", 35*day),
		Layer(Main, "app-old", 30*day),
		Index("app", Main, 1, 30*day, "base", "app-old"),
		{Ref: Main, Key: OtherTool, Version: "f00d", Age: 25 * day, Content: make([]byte, 5<<20)},
		Index("app", Main, 2, 20*day, "base", "app"),
		Layer(Main, "web", 10*day),
		Index("web", Main, 1, 10*day, "base", "web", "(app)"),
		Layer(ClosedPull, "closed", 6*day),
		Index("app", ClosedPull, 1, 6*day, "base", "closed"),
		Layer(DeletedRef, "gone", 5*day),
		Index("app", DeletedRef, 1, 5*day, "base", "gone"),
		Layer(Main, "app", 4*day),
		Index("app", Main, 3, 4*day, "base", "app"),
		Layer(OpenPull, "pull", 30*time.Hour),
		Index("app", OpenPull, 1, 30*time.Hour, "base", "app", "pull"),
		Index("\x1b[31mapp", LongRef, 1, 26*time.Hour, "base", "lost"),
		Layer(Main, "young", 90*time.Minute),
	}
}
