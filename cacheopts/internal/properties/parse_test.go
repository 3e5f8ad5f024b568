package properties

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/cacheopts"
	"github.com/docker/buildx/util/buildflags"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestParseAndValueAreThoseOfBuildx(t *testing.T) {
	read := 0
	rapid.Check(t, func(t *rapid.T) { read += compareWithBuildx(t, optionValue().Draw(t, "value")) })
	if read == 0 {
		t.Error("buildx read none of the generated values")
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"", "type=gha,scope=x", `type=gha,"scope=a,b"`, "a,b", "type=gha, scope=x\n", `"a,b"`, "type=registry,ref=", `type=gha,"x=a""b"`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) { compareWithBuildx(t, value) })
}

// failer is what testing.T and rapid.T have in common here.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// compareWithBuildx returns the number of entries that buildx reads.
func compareWithBuildx(t failer, value string) int {
	t.Helper()
	want, wantErr := buildflags.ParseCacheEntry([]string{value})
	got, err := cacheopts.Parse(value)
	if (err == nil) != (wantErr == nil) {
		t.Fatalf("%q: buildx says %v, Parse says %v", value, wantErr, err)
	}
	if len(got) != len(want) {
		t.Fatalf("%q: buildx reads %d entries, Parse %d", value, len(want), len(got))
	}
	for i, e := range got {
		if theirs := (cacheopts.Entry{Type: want[i].Type, Attrs: want[i].Attrs}); !equal(e, theirs) {
			t.Fatalf("%q: buildx reads %q, Parse %q", value, theirs, e)
		}
		printed := e.Value()
		again, err := buildflags.ParseCacheEntry([]string{printed})
		if err != nil || len(again) != 1 || !equal(e, cacheopts.Entry{Type: again[0].Type, Attrs: again[0].Attrs}) {
			t.Fatalf("%q: printed as %q, which buildx reads as %v, %v", value, printed, again, err)
		}
		theirs := want[i].String()
		if own, err := cacheopts.Parse(theirs); err == nil && len(own) == 1 && equal(own[0], e) && theirs != printed && !strings.ContainsAny(theirs, "\r\n") {
			t.Fatalf("%q: printed as %q, by buildx as %q", value, printed, theirs)
		}
	}
	return len(want)
}

func TestJSONKeepsEveryEntry(t *testing.T) {
	kept := 0
	rapid.Check(t, func(t *rapid.T) {
		entries, err := cacheopts.Parse(optionValue().Draw(t, "value"))
		if err != nil {
			return
		}
		data, err := json.Marshal(entries)
		if err != nil {
			return // not UTF-8
		}
		kept += len(entries)
		var again []cacheopts.Entry
		if err := json.Unmarshal(data, &again); err != nil {
			t.Fatalf("%s: %v", data, err)
		}
		if diff := cmp.Diff(entries, again); len(entries) > 0 && diff != "" {
			t.Fatalf("%s (-want +got):\n%s", data, diff)
		}
	})
	if kept == 0 {
		t.Error("no entry became JSON")
	}
}

func equal(a, b cacheopts.Entry) bool { return a.Type == b.Type && maps.Equal(a.Attrs, b.Attrs) }
