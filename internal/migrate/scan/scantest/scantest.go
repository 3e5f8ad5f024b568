// Package scantest is for the tests of packages that look at pages.
package scantest

import (
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/migrate/scan"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/source"
)

// Read reads a file of that kind and content. The test ends if it does not parse.
func Read(t testing.TB, kind source.Kind, src string) *scan.Page {
	t.Helper()
	page, err := scan.Read(&source.File{Path: "x", Target: "/x", Kind: kind, Src: []byte(src)})
	if err != nil {
		t.Fatal(err)
	}
	return page
}
