package serving

import (
	"slices"
	"testing"
)

func TestParseRefs(t *testing.T) {
	refs, err := ParseRefs([]string{"feature/x", "refs/pull/7/merge", "main:ro"})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range refs {
		if s.Write {
			s.Ref += " rw"
		}
		got = append(got, s.Ref)
	}
	if want := []string{"refs/heads/feature/x rw", "refs/pull/7/merge rw", "refs/heads/main"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, bad := range []string{"", ":ro", "a b", "a:rw"} {
		if _, err := ParseRefs([]string{bad}); err == nil {
			t.Errorf("%q is taken for a ref", bad)
		}
	}
}
