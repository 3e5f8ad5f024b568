package rules

import (
	"fmt"
	"slices"

	"github.com/docker-ghacache/docker-ghacache/internal/migrate/source"
)

// choose takes the least version that works where that is asked for, or where the file
// says why it has the version that it has. An edit against a reason is not safe.
func choose(found []Finding, src []byte, minimum bool) []Finding {
	for i := range found {
		fd := &found[i]
		reason := ""
		if fd.least != nil || fd.Pin {
			reason = reasonOf(*fd, src)
		}
		if least := fd.least; least != nil && (minimum || reason != "") {
			*fd = *least
		}
		fd.least = nil
		if reason != "" && len(fd.Edits) > 0 {
			fd.Safe = false
			fd.Why += fmt.Sprintf("; the comment beside it says %q", reason)
		}
	}
	return found
}

// reasonOf is what stands beside the bytes that a finding edits, or beside the
// variables that lead there.
func reasonOf(fd Finding, src []byte) string {
	at := []int{fd.Offset}
	for _, e := range fd.Edits {
		at = append(at, e.Start)
	}
	for _, u := range fd.Via {
		at = append(at, u.At)
	}
	slices.Sort(at)
	for _, a := range slices.Compact(at) {
		if reason := source.Reason(src, a); reason != "" {
			return reason
		}
	}
	return ""
}
