package migrate

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"

	"github.com/docker-ghacache/docker-ghacache/internal/migrate/rules"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/source"
)

// protect marks edits to variables that the file also uses for something else as
// unsafe.
func protect(findings []rules.Finding, f *source.File) {
	for i := range findings {
		fd := &findings[i]
		for _, name := range names(fd.Via) {
			if fd.Safe && references(f, name) > sites(fd.Via, name) {
				fd.Safe = false
				fd.Why += fmt.Sprintf("; the file also uses %s elsewhere", name)
			}
		}
	}
}

func names(uses []source.Use) []string {
	var out []string
	for _, u := range uses {
		out = append(out, u.Name)
	}
	return slices.Compact(slices.Sorted(slices.Values(out)))
}

// sites counts the places that use a variable.
func sites(uses []source.Use, name string) int {
	at := map[int]bool{}
	for _, u := range uses {
		if u.Name == name {
			at[u.At] = true
		}
	}
	return len(at)
}

// references counts the uses of a variable in lines that are not comments.
func references(f *source.File, name string) int {
	re := regexp.MustCompile(`(?:\b(?:env|matrix|inputs)\.(?:[\w-]+\.)*|\$[({]?|\{\{\s*|[Ee]nv:)` + regexp.QuoteMeta(name) + `\b`)
	count := 0
	if f.Kind == source.HCL {
		re = regexp.MustCompile(`\b` + regexp.QuoteMeta(name) + `\b`)
		count = -1 // the definition
	}
	for line := range bytes.Lines(f.Src) {
		if line = bytes.TrimSpace(line); !bytes.HasPrefix(line, []byte("#")) {
			count += len(re.FindAllIndex(line, -1))
		}
	}
	return count
}
