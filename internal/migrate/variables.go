package migrate

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
)

// shared withholds what a variable's other uses forbid. An edit to the
// definition of a variable is safe only if the file uses it for nothing else.
func (f *file) shared() {
	for i := range f.findings {
		fd := &f.findings[i]
		for _, name := range names(fd.via) {
			if fd.Safe && f.references(name) > sites(fd.via, name) {
				fd.Safe = false
				fd.Why += fmt.Sprintf("; %s is used elsewhere, too", name)
			}
		}
	}
}

func names(uses []use) []string {
	var out []string
	for _, u := range uses {
		out = append(out, u.name)
	}
	return slices.Compact(slices.Sorted(slices.Values(out)))
}

// sites counts the places where name is used.
func sites(uses []use, name string) int {
	at := map[int]bool{}
	for _, u := range uses {
		if u.name == name {
			at[u.at] = true
		}
	}
	return len(at)
}

// references counts the uses of a variable in lines that are no comment.
func (f *file) references(name string) int {
	re := regexp.MustCompile(`(?:\b(?:env|matrix|inputs)\.(?:[\w-]+\.)*|\$[({]?|\{\{\s*|[Ee]nv:)` + regexp.QuoteMeta(name) + `\b`)
	count := 0
	if f.kind == kindHCL {
		re = regexp.MustCompile(`\b` + regexp.QuoteMeta(name) + `\b`)
		count = -1 // the definition
	}
	for line := range bytes.Lines(f.src) {
		if line = bytes.TrimSpace(line); !bytes.HasPrefix(line, []byte("#")) {
			count += len(re.FindAllIndex(line, -1))
		}
	}
	return count
}
