package mounts

import (
	"path"
	"slices"
	"strings"
)

// Match reports whether a glob selects the mount: by its id or target, or by what follows a slash in it.
func (m Mount) Match(glob string) bool {
	_, id, _ := strings.Cut(m.ID, "/") // without the namespace
	for _, name := range []string{id, m.ID, path.Base(id)} {
		if ok, err := path.Match(glob, name); ok && err == nil {
			return true
		}
	}
	return glob == "*"
}

// UsedMount is a mount that a build used.
type UsedMount struct {
	Mount
	Size int64 // bytes on the builder's disk
}

// Used returns the mounts that were used between two looks at a builder, the largest first.
func Used(wanted []Mount, before, after []Record) []UsedMount {
	var used []UsedMount
	for _, r := range Changed(before, after) {
		i := slices.IndexFunc(wanted, r.of)
		if i >= 0 && !slices.ContainsFunc(used, func(u UsedMount) bool { return u.Same(wanted[i]) }) {
			used = append(used, UsedMount{wanted[i], r.Size})
		}
	}
	return used
}

// Limit leaves out the largest mounts until the rest has no more than that many bytes.
func Limit(used []UsedMount, most int64) (chosen []Mount, tooLarge []UsedMount) {
	var sum int64
	for _, u := range used {
		sum += u.Size
	}
	for _, u := range used {
		if sum > most {
			sum -= u.Size
			tooLarge = append(tooLarge, u)
			continue
		}
		chosen = append(chosen, u.Mount)
	}
	return chosen, tooLarge
}
