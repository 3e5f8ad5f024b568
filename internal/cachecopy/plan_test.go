package cachecopy

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
)

func digestOf(content string) string {
	return fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(content)))
}

// indexOf is an index that names layers with such content.
func indexOf(key string, layers ...string) Index {
	var named []string
	for _, l := range layers {
		named = append(named, fmt.Sprintf(`{"blob":%q,"parent":-1,"annotations":{"diffID":%q,"size":%d}}`, digestOf(l), digestOf(l), len(l)))
	}
	return Index{key, fmt.Appendf(nil, `{"layers":[%s]}`, strings.Join(named, ","))}
}

// planned are the keys of the indexes that a plan copies.
func planned(p *Plan) (keys []string) {
	for _, x := range p.indexes {
		keys = append(keys, x.Key)
	}
	return keys
}

func appKey(n uint64) string { return bkcache.IndexKey("app", "refs/heads/main", false, n).String() }

func TestPlanCopy(t *testing.T) {
	app, web := indexOf(appKey(7), "base", "app"), indexOf(bkcache.IndexKey("web", "refs/heads/main", false, 1).String(), "base", "a larger one")
	for name, c := range map[string]struct {
		indexes []Index
		there   map[string]string
		gone    []string
		want    string // indexes, number of layers, what is there, what is left
	}{
		"everything, each layer once":           {indexes: []Index{web, app, app}, want: app.Key + " " + web.Key + "|3||"},
		"nothing":                               {want: "|0||"},
		"an index without layers":               {indexes: []Index{indexOf(appKey(1))}, want: appKey(1) + "|0||"},
		"what the target has":                   {[]Index{app, web}, map[string]string{Slot(app.Key): digestOf(string(app.Data))}, nil, web.Key + "|2|" + app.Key + "|"},
		"what the target has of its own":        {[]Index{app}, map[string]string{Slot(app.Key): digestOf("other")}, nil, "|0||" + app.Key + ": the target has an index of its own for that scope and ref"},
		"without a layer that is gone":          {[]Index{app, web}, nil, []string{"app"}, web.Key + "|2||" + app.Key + ": layers that it names are gone"},
		"without a layer that all need":         {[]Index{app, web}, nil, []string{"base"}, "|0||" + app.Key + ": layers that it names are gone; " + web.Key + ": layers that it names are gone"},
		"a damaged index":                       {[]Index{{appKey(1), []byte("<html>")}}, nil, nil, "|0||" + appKey(1) + ": decoding index"},
		"an entry that is none":                 {[]Index{{"go-mod#1", app.Data}}, nil, nil, "|0||go-mod#1: it is not an index of BuildKit"},
		"another scope of the target is no bar": {[]Index{app}, map[string]string{Slot(web.Key): "x"}, nil, app.Key + "|2||"},
	} {
		t.Run(name, func(t *testing.T) {
			gone := map[string]bool{}
			for _, l := range c.gone {
				gone[digestOf(l)] = true
			}
			p := NewPlan(c.indexes, c.there, gone)
			var left []string
			for _, l := range p.Left {
				left = append(left, l.Key+": "+l.Why)
			}
			got := fmt.Sprintf("%s|%d|%s|%s", strings.Join(planned(p), " "), len(p.Layers), strings.Join(p.There, " "), strings.Join(left, "; "))
			if !strings.HasPrefix(got, c.want) {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// Every index has one fate, and a planned one has all its layers in the plan.
func TestPlanCopyLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		content := rapid.SampledFrom([]string{"a", "bb", "ccc", "dddd", "eeeee"})
		var indexes []Index
		keys, there, gone := map[string]bool{}, map[string]string{}, map[string]bool{}
		for _, n := range rapid.SliceOfDistinct(rapid.Uint64Range(1, 9), rapid.ID).Draw(t, "numbers") {
			key := bkcache.IndexKey(fmt.Sprint("scope", n), "refs/heads/main", rapid.Bool().Draw(t, "signed"), n).String()
			x := indexOf(key, rapid.SliceOf(content).Draw(t, "layers")...)
			if rapid.Bool().Draw(t, "there") {
				there[Slot(key)] = rapid.SampledFrom([]string{digestOf(string(x.Data)), "other"}).Draw(t, "digest")
			}
			indexes, keys[key] = append(indexes, x), true
		}
		for _, l := range rapid.SliceOf(content).Draw(t, "gone") {
			gone[digestOf(l)] = true
		}
		p := NewPlan(indexes, there, gone)
		fates := slices.Concat(planned(p), p.There)
		for _, l := range p.Left {
			fates = append(fates, l.Key)
		}
		slices.Sort(fates)
		if !slices.Equal(fates, slices.Sorted(maps.Keys(keys))) {
			t.Fatalf("indexes %q became %q", slices.Sorted(maps.Keys(keys)), fates)
		}
		layers := map[string]bool{}
		for _, l := range p.Layers {
			if layers[l.Digest] || gone[l.Digest] {
				t.Fatalf("layer %s is planned twice, or gone", l.Digest)
			}
			layers[l.Digest] = true
		}
		for _, x := range p.indexes {
			for _, l := range x.content.Layers {
				if !layers[l.Digest] {
					t.Fatalf("index %s comes without layer %s", x.Key, l.Digest)
				}
			}
		}
	})
}
