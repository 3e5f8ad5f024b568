package bkcache

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	cacheconfig "github.com/moby/buildkit/cache/remotecache/v1/types"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"pgregory.net/rapid"
)

func blobDigest(name string) digest.Digest { return digest.FromString(name) }

func layer(name string, parent int, size int64) cacheconfig.CacheLayer {
	return cacheconfig.CacheLayer{
		Blob:        blobDigest(name),
		ParentIndex: parent,
		Annotations: &cacheconfig.LayerAnnotations{
			MediaType: ocispecs.MediaTypeImageLayerGzip, DiffID: blobDigest("diff " + name), Size: size,
		},
	}
}

func encode(t interface{ Fatal(...any) }, config cacheconfig.CacheConfig) []byte {
	data, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestParseIndexTakesAnAbsentParentForLayerZero(t *testing.T) {
	data := fmt.Appendf(nil, `{"layers":[
		{"blob":%q,"parent":-1,"annotations":{"diffID":%[1]q,"size":5,"createdAt":"2026-01-02T03:04:05Z"}},
		{"blob":%q,"annotations":{"diffID":%[1]q,"size":7,"mediaType":"m","createdAt":"0001-01-01T00:00:00Z"}}],
		"records":[{"digest":"sha256:r","layers":[{"layer":1,"createdAt":"2026-01-02T03:04:05Z"}]}],"later":{"field":1}}`,
		blobDigest("base"), blobDigest("top"))
	index, err := ParseIndex(data)
	if err != nil {
		t.Fatal(err)
	}
	want := []*Node{{
		Layer:   Layer{Digest: blobDigest("base").String(), Size: 5},
		Created: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Children: []*Node{{
			Layer:     Layer{Digest: blobDigest("top").String(), Size: 7},
			MediaType: "m",
			Records:   []string{"sha256:r"},
		}},
	}}
	if diff := cmp.Diff(want, index.Tree()); diff != "" {
		t.Error(diff)
	}
	if index.Digest != digest.FromBytes(data).String() {
		t.Errorf("digest %s", index.Digest)
	}
	if index.Records() != 1 {
		t.Errorf("%d records", index.Records())
	}
}

func TestParseIndexNamesARepeatedBlobOnce(t *testing.T) {
	index, err := ParseIndex(encode(t, cacheconfig.CacheConfig{
		Layers: []cacheconfig.CacheLayer{layer("a", -1, 1), layer("b", 0, 2), layer("c", -1, 3), layer("b", 2, 2)},
		Records: []cacheconfig.CacheRecord{
			{Digest: "one", Results: []cacheconfig.CacheResult{{LayerIndex: 1}}},
			{Digest: "two", ChainedResults: []cacheconfig.ChainedResult{{}, {LayerIndexes: []int{0, 3}}}},
		},
	}))
	if err != nil {
		t.Fatal(err)
	}
	if len(index.Layers) != 3 {
		t.Errorf("layers %v", index.Layers)
	}
	roots := index.Tree()
	if len(roots) != 2 || roots[0].Children[0].Records[0] != "one" || roots[1].Children[0].Records[0] != "two" {
		t.Errorf("tree %v", roots)
	}
}

func TestParseIndexAcceptsAnEmptyExport(t *testing.T) {
	index, err := ParseIndex(encode(t, cacheconfig.CacheConfig{}))
	if err != nil {
		t.Fatal(err)
	}
	if len(index.Layers) != 0 || len(index.Tree()) != 0 {
		t.Errorf("have %v", index.Layers)
	}
}

func TestParseIndexRejectsNonsense(t *testing.T) {
	good := func() cacheconfig.CacheConfig {
		return cacheconfig.CacheConfig{
			Layers: []cacheconfig.CacheLayer{layer("a", -1, 1), layer("b", 0, 2)},
			Records: []cacheconfig.CacheRecord{
				{Digest: "r0", Results: []cacheconfig.CacheResult{{LayerIndex: 1}}},
				{Digest: "r1", Inputs: [][]cacheconfig.CacheInput{{{LinkIndex: 0}}}},
			},
		}
	}
	if _, err := ParseIndex(encode(t, good())); err != nil {
		t.Fatal(err)
	}
	for want, spoil := range map[string]func(*cacheconfig.CacheConfig){
		`layer 1: blob "sha256:1" is not a digest`: func(c *cacheconfig.CacheConfig) { c.Layers[1].Blob = "sha256:1" },
		`layer 1: parent 2 does not exist`:         func(c *cacheconfig.CacheConfig) { c.Layers[1].ParentIndex = 2 },
		`layer 1: parent -2 does not exist`:        func(c *cacheconfig.CacheConfig) { c.Layers[1].ParentIndex = -2 },
		`layer 0 is its own ancestor`:              func(c *cacheconfig.CacheConfig) { c.Layers[0].ParentIndex = 1 },
		`layer 1: no annotations`:                  func(c *cacheconfig.CacheConfig) { c.Layers[1].Annotations = nil },
		`layer 1: no diffID`:                       func(c *cacheconfig.CacheConfig) { c.Layers[1].Annotations.DiffID = "" },
		`layer 1: size -1 is negative`:             func(c *cacheconfig.CacheConfig) { c.Layers[1].Annotations.Size = -1 },
		`record 0: layer 2 does not exist`:         func(c *cacheconfig.CacheConfig) { c.Records[0].Results[0].LayerIndex = 2 },
		`record 1: input 0 is empty`:               func(c *cacheconfig.CacheConfig) { c.Records[1].Inputs[0] = nil },
		`record 1: input record 2 does not exist`:  func(c *cacheconfig.CacheConfig) { c.Records[1].Inputs[0][0].LinkIndex = 2 },
		`record 1 is its own input`:                func(c *cacheconfig.CacheConfig) { c.Records[1].Inputs[0][0].LinkIndex = 1 },
		`record 0: layer -1 does not exist`: func(c *cacheconfig.CacheConfig) {
			c.Records[0].ChainedResults = []cacheconfig.ChainedResult{{LayerIndexes: []int{0, -1}}}
		},
	} {
		t.Run(want, func(t *testing.T) {
			config := good()
			spoil(&config)
			_, err := ParseIndex(encode(t, config))
			if err == nil || !strings.HasSuffix(err.Error(), want) {
				t.Errorf("have %v, want %s", err, want)
			}
		})
	}
	for _, text := range []string{"", "null", "[]", `"x"`, "{", `{"layers":{}}`, `{"layers":[{"parent":"a"}]}`, "{}{}", "<html>"} {
		if _, err := ParseIndex([]byte(text)); err == nil {
			t.Errorf("%q passes", text)
		}
	}
}

// exported.json is what CacheChains.Marshal of BuildKit v0.33.1 makes of a base
// layer, one that stands on it, and a blob that stands on either of them.
func TestParseIndexReadsWhatBuildKitExports(t *testing.T) {
	data, err := os.ReadFile("testdata/exported.json")
	if err != nil {
		t.Fatal(err)
	}
	index, err := ParseIndex(data)
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]string{}
	for _, name := range []string{"base", "deps", "copy"} {
		named[blobDigest(name).String()] = name
	}
	want := []string{"base", "  copy", "  deps", "    copy"}
	if diff := cmp.Diff(want, outline(index.Tree(), "", named)); diff != "" {
		t.Error(diff)
	}
	if len(index.Layers) != 3 || index.Records() != 5 {
		t.Errorf("%d layers, %d records", len(index.Layers), index.Records())
	}
}

func outline(nodes []*Node, indent string, names map[string]string) []string {
	var lines []string
	for _, n := range nodes {
		lines = append(lines, indent+names[n.Digest])
		lines = append(lines, outline(n.Children, indent+"  ", names)...)
	}
	return lines
}

func TestTheTreeOfAnIndexKeepsEveryLayerAndItsParent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var config cacheconfig.CacheConfig
		want := map[[2]string]int{}
		for i := range rapid.IntRange(0, 8).Draw(t, "layers") {
			parent := rapid.IntRange(-1, i-1).Draw(t, "parent")
			l := layer(rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "blob"), parent, 1)
			config.Layers = append(config.Layers, l)
			below := ""
			if parent >= 0 {
				below = config.Layers[parent].Blob.String()
			}
			want[[2]string{below, l.Blob.String()}]++
		}
		index, err := ParseIndex(encode(t, config))
		if err != nil {
			t.Fatal(err)
		}
		got := map[[2]string]int{}
		countPairs(index.Tree(), "", got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

func countPairs(nodes []*Node, below string, pairs map[[2]string]int) {
	for _, n := range nodes {
		pairs[[2]string{below, n.Digest}]++
		countPairs(n.Children, n.Digest, pairs)
	}
}

func FuzzParseIndex(f *testing.F) {
	f.Add([]byte(`{}`))
	f.Add([]byte(`{"layers":[{"blob":"` + someDigest + `","parent":-1,"annotations":{"diffID":"d","createdAt":"2026-01-02T03:04:05Z"}}]}`))
	f.Add([]byte(`{"layers":[{"blob":"` + someDigest + `"}],"records":[{"inputs":[[{"link":0}]]}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		index, err := ParseIndex(data)
		if err != nil {
			return
		}
		var config cacheconfig.CacheConfig
		if err := json.Unmarshal(data, &config); err != nil {
			t.Fatalf("BuildKit does not decode %q: %v", data, err)
		}
		named := map[string]bool{}
		for _, l := range config.Layers {
			named[l.Blob.String()] = true
		}
		for _, l := range index.Layers {
			if !named[l.Digest] {
				t.Fatalf("%s is named twice or not at all", l.Digest)
			}
			delete(named, l.Digest)
		}
		if len(named) > 0 || count(index.Tree()) != len(config.Layers) {
			t.Fatalf("missing %v, %d nodes for %d layers", named, count(index.Tree()), len(config.Layers))
		}
	})
}

func count(nodes []*Node) int {
	total := len(nodes)
	for _, n := range nodes {
		total += count(n.Children)
	}
	return total
}
