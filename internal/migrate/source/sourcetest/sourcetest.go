// Package sourcetest is for the tests of packages that edit files.
package sourcetest

import (
	"bytes"
	"slices"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/migrate/source"
)

// OnlyEdited asserts that the bytes between the edits are the same.
func OnlyEdited(t testing.TB, was, now []byte, edits []source.Edit) {
	t.Helper()
	edits = slices.Clone(edits)
	for _, e := range edits {
		i := e.Start
		if !bytes.HasPrefix(now, was[:i]) || !bytes.HasPrefix(now[i:], []byte(e.New)) {
			t.Fatalf("bytes before %d changed", i)
		}
		// What is behind the edit moves by the difference.
		was = append(append(append([]byte{}, was[:i]...), e.New...), was[e.End:]...)
		for k := range edits {
			if edits[k].Start >= e.End && edits[k] != e {
				edits[k].Start += len(e.New) - len(e.Old)
				edits[k].End += len(e.New) - len(e.Old)
			}
		}
	}
	if !bytes.Equal(was, now) {
		t.Fatal("bytes outside the edits changed")
	}
}
