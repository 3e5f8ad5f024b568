package view

import (
	"reflect"
	"slices"
	"testing"
)

// The help lists what a row has: its exported methods.
func TestTheFieldsAreThoseOfTheRows(t *testing.T) {
	for _, tt := range []struct {
		row     row
		columns Columns
	}{{cacheRow{}, CacheColumns()}, {entryRow{}, EntryColumns()}} {
		want := tt.columns.Fields("", "")
		slices.Sort(want)
		var got []string
		for method := range reflect.TypeOf(tt.row).Methods() {
			if method.IsExported() && method.Name != "MarshalJSON" {
				got = append(got, method.Name)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%T has %q, the help lists %q", tt.row, got, want)
		}
	}
}
