package source

import (
	"strings"
	"testing"
)

func texts(n int, value string) (out []Text) {
	for range n {
		out = append(out, Literal([]byte(value), 0, len(value)))
	}
	return out
}

func TestCombinationsAreBoundedBeforeTheyAreMade(t *testing.T) {
	for _, tt := range []struct {
		name           string
		values, others []Text
		want           int
	}{
		{"few", texts(3, "a"), texts(4, "b"), 12},
		{"as many as a matrix has", texts(8, "a"), texts(8, "b"), 64},
		{"more than that", texts(9, "a"), texts(8, "b"), 0},
		{"many values of one variable", texts(1, "a"), texts(1000, "b"), 0},
		{"long values", texts(1, strings.Repeat("a", 3000)), texts(2, strings.Repeat("b", 3000)), 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			made := 0
			got := new(Budget).Combine(tt.values, tt.others, func(a, b Text) Text { made++; return Join(a, b) })
			if len(got) != tt.want || made > MaxValues {
				t.Errorf("%d values, %d made, want %d", len(got), made, tt.want)
			}
		})
	}
}

func TestAFileHasOneBudget(t *testing.T) {
	var b Budget
	size := 0
	for range 100_000 {
		for _, v := range b.Combine(texts(8, "aaaaaaaa"), texts(8, "bbbbbbbb"), func(a, b Text) Text { return Join(a, b) }) {
			size += len(v.Value)
		}
	}
	if size == 0 || size > 1<<20 {
		t.Errorf("%d bytes of values", size)
	}
}

// The values of variables without a value have no length, but they double as well.
func TestEmptyVariablesAreBounded(t *testing.T) {
	var b Budget
	v := []Text{Empty(nil, 0)}
	for i := range 100 {
		if v = b.Combine(v, []Text{v[0].From("V", i)}, func(a, b Text) Text { return Join(a, b) }); v == nil {
			return
		}
	}
	t.Errorf("%d values of %d uses", len(v), len(v[0].via))
}

func TestSplicingKeepsEachUseOnce(t *testing.T) {
	v := texts(1, strings.Repeat("x", 100))[0].From("A", 1)
	for i := range 50 {
		v = v.Splice(i, i+1, texts(1, "y")[0].From("B", 2))
	}
	if len(v.via) != 2 {
		t.Errorf("%d uses, want 2", len(v.via))
	}
}
