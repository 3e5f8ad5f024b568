package plugin

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
	cacheconfig "github.com/moby/buildkit/cache/remotecache/v1/types"
	"github.com/opencontainers/go-digest"
)

const (
	openPull   = "refs/pull/12/merge"
	closedPull = "refs/pull/9/merge"
	deletedRef = "refs/heads/gone"
	longRef    = "refs/heads/feature/a-branch-with-a-name-that-is-longer-than-a-column"
)

// exampleRefs are those that exist.
var exampleRefs = []string{mainRef, openPull, longRef}

// blob is a layer with a name to tell it by.
func blob(name string, kib int) (digest.Digest, []byte) {
	content := make([]byte, kib<<10)
	copy(content, name)
	return digest.Digest(fmt.Sprintf("sha256:%x", sha256.Sum256(content))), content
}

var sizes = map[string]int{"base": 3000, "app": 1200, "app-old": 900, "web": 700, "pull": 400, "closed": 300, "gone": 200, "lost": 100, "idle": 50, "young": 25}

// layer is the entry of a layer.
func layer(ref, name string, age time.Duration) entry {
	digest, content := blob(name, sizes[name])
	return entry{ref: ref, key: bkcache.LayerKey(digest.String()).String(), age: age, content: content}
}

// index is the n-th version of an index that names a chain of layers, each the result
// of a record. A name in brackets stands on the layer before the last.
func index(scope, ref string, n uint64, age time.Duration, names ...string) entry {
	var config cacheconfig.CacheConfig
	for i, name := range names {
		parent := i - 1
		if name[0] == '(' {
			name, parent = name[1:len(name)-1], i-2
		}
		digest, content := blob(name, sizes[name])
		config.Layers = append(config.Layers, cacheconfig.CacheLayer{
			Blob: digest, ParentIndex: parent,
			Annotations: &cacheconfig.LayerAnnotations{MediaType: "application/vnd.oci.image.layer.v1.tar+gzip", DiffID: digest, Size: int64(len(content)), CreatedAt: noon.Add(-age)},
		})
		config.Records = append(config.Records, cacheconfig.CacheRecord{Digest: digest, Results: []cacheconfig.CacheResult{{LayerIndex: i}}})
	}
	content, err := json.Marshal(config)
	if err != nil {
		panic(err)
	}
	return entry{ref: ref, key: bkcache.IndexKey(scope, ref, false, n).String(), age: age, content: content}
}

// example is a repository's cache with something of everything.
func example() []entry {
	return []entry{
		layer(mainRef, "base", 40*day),
		layer(mainRef, "idle", 35*day),
		layer(mainRef, "app-old", 30*day),
		index("app", mainRef, 1, 30*day, "base", "app-old"),
		{ref: mainRef, key: otherTool, version: "f00d", age: 25 * day, content: make([]byte, 5<<20)},
		index("app", mainRef, 2, 20*day, "base", "app"),
		layer(mainRef, "web", 10*day),
		index("web", mainRef, 1, 10*day, "base", "web", "(app)"),
		layer(closedPull, "closed", 6*day),
		index("app", closedPull, 1, 6*day, "base", "closed"),
		layer(deletedRef, "gone", 5*day),
		index("app", deletedRef, 1, 5*day, "base", "gone"),
		layer(mainRef, "app", 4*day),
		index("app", mainRef, 3, 4*day, "base", "app"),
		layer(openPull, "pull", 30*time.Hour),
		index("app", openPull, 1, 30*time.Hour, "base", "app", "pull"),
		index("\x1b[31mapp", longRef, 1, 26*time.Hour, "base", "lost"),
		layer(mainRef, "young", 90*time.Minute),
	}
}

// exampleJob runs commands in a job that reads all of the example.
func exampleJob(t testing.TB, opts cacheserver.Options) *desk {
	t.Helper()
	opts.Refs = exampleRefs
	return serve(t, opts, example(), mainRef, openPull, closedPull, deletedRef, longRef)
}

// exampleLaptop runs commands where there is no job.
func exampleLaptop(t testing.TB) *desk {
	t.Helper()
	return serve(t, cacheserver.Options{Refs: exampleRefs}, example())
}
