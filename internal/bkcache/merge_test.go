package bkcache

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	cacheconfig "github.com/moby/buildkit/cache/remotecache/v1/types"
	digest "github.com/opencontainers/go-digest"
)

// recordedIndexes are those of a week of real builds on several refs.
func recordedIndexes(t *testing.T) map[string]json.RawMessage {
	t.Helper()
	data, err := os.ReadFile("../reclaim/testdata/week.json")
	if err != nil {
		t.Fatal(err)
	}
	var week struct {
		Indexes map[string]json.RawMessage `json:"indexes"`
	}
	if err := json.Unmarshal(data, &week); err != nil {
		t.Fatal(err)
	}
	if len(week.Indexes) < 10 {
		t.Fatalf("%d indexes", len(week.Indexes))
	}
	return week.Indexes
}

// meaning returns what the records of an index say, wherever they and their layers stand in it.
func meaning(config cacheconfig.CacheConfig) map[string]bool {
	chain := func(layer int) (blobs string) {
		for ; layer != noParent; layer = config.Layers[layer].ParentIndex {
			l := config.Layers[layer]
			blobs += fmt.Sprintf(" %s %+v", l.Blob, *l.Annotations)
		}
		return blobs
	}
	names := make([]string, len(config.Records))
	var name func(record int) string
	name = func(record int) string {
		if names[record] != "" {
			return names[record]
		}
		r := config.Records[record]
		text := r.Digest.String()
		for _, alternatives := range r.Inputs {
			var of []string
			for _, a := range alternatives {
				of = append(of, a.Selector+" of "+name(a.LinkIndex))
			}
			slices.Sort(of)
			text += fmt.Sprint(of)
		}
		names[record] = digest.FromString(text).String()
		return names[record]
	}
	says := map[string]bool{}
	for i, r := range config.Records {
		says[name(i)] = true
		for _, result := range r.Results {
			says[fmt.Sprint(name(i), result.CreatedAt, chain(result.LayerIndex))] = true
		}
		for _, c := range r.ChainedResults {
			text := fmt.Sprint(name(i), c.CreatedAt)
			for _, layer := range c.LayerIndexes {
				text += fmt.Sprint(config.Layers[layer].Blob, *config.Layers[layer].Annotations)
			}
			says[text] = true
		}
	}
	return says
}

func TestAMergedIndexSaysWhatBothSay(t *testing.T) {
	all := recordedIndexes(t)
	for one := range all {
		for other := range all {
			merged, err := Merge(all[one], all[other])
			if err != nil {
				t.Fatal(err)
			}
			if n := len(parse(t, all[one]).Records); one == other && len(parse(t, merged).Records) > n {
				t.Errorf("%s merged with itself has more than %d records", one, n)
			}
			want := map[string]bool{}
			maps.Copy(want, meaning(parse(t, all[one])))
			maps.Copy(want, meaning(parse(t, all[other])))
			if diff := cmp.Diff(want, meaning(parse(t, merged))); diff != "" {
				t.Fatalf("%s and %s: %s", one, other, diff)
			}
		}
	}
}

func parse(t *testing.T, content []byte) cacheconfig.CacheConfig {
	t.Helper()
	x, err := ParseIndex(content)
	if err != nil {
		t.Fatal(err)
	}
	return x.config
}

func TestAMergedIndexHasTheLayersOfBothOnTheirParents(t *testing.T) {
	one := encode(t, cacheconfig.CacheConfig{
		Layers: []cacheconfig.CacheLayer{layer("base", -1, 1), layer("old", 0, 2)},
		Records: []cacheconfig.CacheRecord{
			{Digest: "base", Results: []cacheconfig.CacheResult{{LayerIndex: 0}}},
			{Digest: "old", Results: []cacheconfig.CacheResult{{LayerIndex: 1}}, Inputs: [][]cacheconfig.CacheInput{{{LinkIndex: 0}}}},
		},
	})
	other := encode(t, cacheconfig.CacheConfig{
		Layers: []cacheconfig.CacheLayer{layer("new", 1, 3), layer("base", -1, 1)},
		Records: []cacheconfig.CacheRecord{
			{Digest: "new", ChainedResults: []cacheconfig.ChainedResult{{LayerIndexes: []int{1, 0}}}, Inputs: [][]cacheconfig.CacheInput{{{LinkIndex: 1, Selector: "s"}}}},
			{Digest: "base"},
		},
	})
	merged, err := Merge(one, other)
	if err != nil {
		t.Fatal(err)
	}
	want := cacheconfig.CacheConfig{
		Layers: []cacheconfig.CacheLayer{layer("base", -1, 1), layer("old", 0, 2), layer("new", 0, 3)},
		Records: []cacheconfig.CacheRecord{
			{Digest: "base", Results: []cacheconfig.CacheResult{{LayerIndex: 0}}},
			{Digest: "old", Results: []cacheconfig.CacheResult{{LayerIndex: 1}}, Inputs: [][]cacheconfig.CacheInput{{{LinkIndex: 0}}}},
			{Digest: "new", ChainedResults: []cacheconfig.ChainedResult{{LayerIndexes: []int{0, 2}}}, Inputs: [][]cacheconfig.CacheInput{{{LinkIndex: 0, Selector: "s"}}}},
		},
	}
	if diff := cmp.Diff(want, parse(t, merged)); diff != "" {
		t.Error(diff)
	}
}

// BuildKit v0.33.1 reads each of these. In one, all records with the digest "op" have an input in common with that of the
// other index, so it makes one of them. That is its own input, and buildkitd ends with a stack overflow.
func TestMergeRefusesWhatBuildKitCannotHaveInOne(t *testing.T) {
	record := func(name string, inputs ...int) cacheconfig.CacheRecord {
		r := cacheconfig.CacheRecord{Digest: blobDigest(name)}
		if len(inputs) > 0 {
			r.Inputs = make([][]cacheconfig.CacheInput, 1)
		}
		for _, i := range inputs {
			r.Inputs[0] = append(r.Inputs[0], cacheconfig.CacheInput{LinkIndex: i})
		}
		return r
	}
	one := encode(t, cacheconfig.CacheConfig{Records: []cacheconfig.CacheRecord{record("root 0"), record("root 1"), record("op", 0), record("op", 1, 2), record("top", 3)}})
	other := encode(t, cacheconfig.CacheConfig{Records: []cacheconfig.CacheRecord{record("root 0"), record("root 1"), record("op", 1, 0)}})
	for _, contents := range [][][]byte{{one, other}, {other, one}} {
		if merged, err := Merge(contents...); err == nil || err.Error() != "merging indexes: a record would be its own input" {
			t.Errorf("%s, %v", merged, err)
		}
	}
	if _, err := Merge(one, one); err != nil {
		t.Error(err)
	}
}

func TestMergeRefusesWhatItWouldLose(t *testing.T) {
	known := []byte(`{"layers":[],"records":[{"digest":"r"}]}`)
	for content, want := range map[string]string{
		`{"layers":[],"later":{"field":1}}`:           `merging indexes: json: unknown field "later"`,
		`{"records":[{"digest":"r","certain":true}]}`: `merging indexes: json: unknown field "certain"`,
		`{"records":[{"inputs":[[{"link":4}]]}]}`:     "checking index: record 0: input record 4 does not exist",
		`<html>`: "decoding index: ",
	} {
		for _, contents := range [][][]byte{{known, []byte(content)}, {[]byte(content), known}} {
			if merged, err := Merge(contents...); err == nil || !strings.HasPrefix(err.Error(), want) {
				t.Errorf("%s: %s, %v", slices.Concat(contents...), merged, err)
			}
		}
	}
}
