package bkcache

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	cacheconfig "github.com/moby/buildkit/cache/remotecache/v1/types"
)

// step is a record by name, with the names of its inputs.
type step struct {
	name, digest string
	inputs       []string // the alternatives of each, separated by spaces
}

// indexOf returns an index of the steps and of all that they need, in their order. Names that are no steps are records
// without inputs.
func indexOf(t *testing.T, steps []step, names ...string) []byte {
	t.Helper()
	var config cacheconfig.CacheConfig
	at := map[string]int{}
	var put func(name string) int
	put = func(name string) int {
		if i, ok := at[name]; ok {
			return i
		}
		s := step{name, name, nil}
		if i := slices.IndexFunc(steps, func(s step) bool { return s.name == name }); i >= 0 {
			s = steps[i]
		}
		r := cacheconfig.CacheRecord{Digest: blobDigest(s.digest)}
		for _, names := range s.inputs {
			var alternatives []cacheconfig.CacheInput
			for name := range strings.FieldsSeq(names) {
				alternatives = append(alternatives, cacheconfig.CacheInput{LinkIndex: put(name)})
			}
			r.Inputs = append(r.Inputs, alternatives)
		}
		at[name] = len(config.Records)
		config.Records = append(config.Records, r)
		return at[name]
	}
	for _, name := range names {
		put(name)
	}
	return encode(t, config)
}

// A1 and A2 have s and t in common. C has an input of A1 and one of A2, and B has what C has besides.
var bridged = []step{
	{"A1", "op", []string{"x s", "p t"}}, {"A2", "op", []string{"q s", "y t"}}, {"E", "e", []string{"A1"}},
	{"B", "op", []string{"z", "E"}}, {"C", "op", []string{"x z", "y E"}}, {"F", "f", []string{"E"}},
}

func TestMergeRefusesARecordThatJoinsWhatIsUnited(t *testing.T) {
	one, other := indexOf(t, bridged, "A1", "A2", "E", "B", "F"), indexOf(t, bridged, "A1", "E", "C")
	for range 20 {
		if buildKitLoops(parse(t, one)) || buildKitLoops(parse(t, other)) {
			t.Fatal("BuildKit does not read one of the indexes")
		}
	}
	for _, contents := range [][][]byte{{one, other}, {other, one}} {
		if merged, err := Merge(contents...); err == nil || err.Error() != "merging indexes: a record would be its own input" {
			t.Errorf("%s, %v", merged, err)
		}
	}
	if _, err := Merge(one, one); err != nil {
		t.Error(err)
	}
}

// generated returns steps of which many are one for BuildKit: A0, A1 and A2 have an input in common, and the others have
// inputs of several of them, of each other, and of what is under them.
func generated(r *rand.Rand) (steps []step) {
	common := [2][]string{{"s", "z"}, {"t", "z"}}
	for i := range 3 {
		own := [2]string{fmt.Sprint("x", i), fmt.Sprint("y", i)}
		steps = append(steps, step{fmt.Sprint("A", i), "op", []string{own[0] + " s", own[1] + " t"}})
		common[0], common[1] = append(common[0], own[0]), append(common[1], own[1])
	}
	var below []string
	for i := range 4 + r.IntN(3) {
		if r.IntN(3) == 0 || len(below) == 0 {
			steps = append(steps, step{fmt.Sprint("E", i), fmt.Sprint("e", i), []string{steps[r.IntN(len(steps))].name}})
			below = append(below, steps[len(steps)-1].name)
			continue
		}
		s := step{fmt.Sprint("B", i), "op", nil}
		for k := range 2 {
			alternatives := common[k][r.IntN(len(common[k]))]
			if r.IntN(2) == 0 {
				alternatives += " " + below[r.IntN(len(below))]
			}
			s.inputs = append(s.inputs, alternatives)
		}
		steps = append(steps, s)
	}
	return steps
}

func TestBuildKitReadsEveryMergedIndex(t *testing.T) {
	merged, refused := 0, 0
	for seed := range uint64(6000) {
		r := rand.New(rand.NewPCG(seed, 0))
		steps := generated(r)
		some := func() (names []string) {
			for _, s := range steps {
				if r.IntN(3) > 0 {
					names = append(names, s.name)
				}
			}
			return names
		}
		data, err := Merge(indexOf(t, steps, some()...), indexOf(t, steps, some()...))
		if err != nil {
			refused++
			continue
		}
		merged++
		for range 10 {
			if buildKitLoops(parse(t, data)) {
				t.Fatalf("seed %d: %s", seed, data)
			}
		}
	}
	if merged < 1000 || refused < 1000 {
		t.Errorf("%d merged, %d refused", merged, refused)
	}
}

func TestMergingTenThousandRecordsIsAMatterOfSeconds(t *testing.T) {
	const n = 1900 // with their inputs, and others in another index, nearly as many as Merge takes
	for name, test := range map[string]struct {
		inputs  func(i int) []string
		refused string // in which orders
	}{
		"of which any two have all in common": {func(i int) []string { return []string{fmt.Sprint("base own", i)} }, ""},
		"of which any two have one in common": {func(i int) []string { return []string{"base", fmt.Sprint("own", i)} }, ""},
		"of which each has one with the next": {func(i int) []string { return []string{fmt.Sprint("own", i, " own", i+1)} }, ""},
		"on top of each other":                {func(i int) []string { return []string{fmt.Sprint("step", i-1)} }, ""},
		"of which each is one with those before": {func(i int) []string {
			return []string{fmt.Sprintf("p%d p%d", i, i+1), fmt.Sprintf("q%d q%d", max(i, 2), i+2)}
		}, "backwards"},
		"of which any two have most inputs in common": {func(i int) (inputs []string) {
			for bit := range 11 {
				inputs = append(inputs, fmt.Sprintf("in%d=%d", bit, i>>bit&1))
			}
			return inputs
		}, "forwards backwards"},
	} {
		for order, turn := range map[string]func([]string){"forwards": func([]string) {}, "backwards": slices.Reverse[[]string]} {
			t.Run(name+", "+order, func(t *testing.T) {
				var names []string
				one, other := make([]step, n), make([]step, n)
				for i := range n {
					names = append(names, fmt.Sprint("step", i))
					one[i] = step{names[i], "op", test.inputs(i)}
					other[i] = step{names[i], "op", test.inputs(i)}
					other[i].inputs[0] += fmt.Sprint(" other", i)
				}
				turn(names)
				first, second := indexOf(t, one, names...), indexOf(t, other, names...)
				begun := time.Now()
				_, err := Merge(first, second)
				refused := strings.Contains(test.refused, order)
				if took := time.Since(begun); took > 10*time.Second || errors.Is(err, errAlike) != refused || !refused && err != nil {
					t.Errorf("%v after %s", err, took)
				}
			})
		}
	}
}
