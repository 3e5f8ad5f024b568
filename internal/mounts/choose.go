package mounts

import (
	"context"
	"path"
	"slices"
	"strings"
	"time"
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
	Size  int64 // bytes on the builder's disk
	InUse bool
}

// Used returns the mounts that were used between two looks at a builder, the largest first.
func Used(wanted []Mount, before, after []Record) []UsedMount {
	var used []UsedMount
	for _, r := range Changed(before, after) {
		i := slices.IndexFunc(wanted, r.of)
		if i >= 0 && !slices.ContainsFunc(used, func(u UsedMount) bool { return u.Same(wanted[i]) }) {
			used = append(used, UsedMount{wanted[i], r.Size, r.InUse})
		}
	}
	return used
}

// release is how often, 100 ms apart, a mount is looked at until BuildKit has let go of it after a build.
const release = 20

// UsedSince returns the mounts that were used since a look at a builder, as [Used] does, and those of them that another
// build uses now. To save one of these would wait for that build.
func UsedSince(ctx context.Context, n *Node, wanted []Mount, before []Record) (used, busy []UsedMount, err error) {
	for range release {
		after, err := Held(ctx, n.Client)
		if err != nil {
			return nil, nil, err
		}
		all := Used(wanted, before, after)
		busy = slices.DeleteFunc(slices.Clone(all), func(u UsedMount) bool { return !u.InUse })
		used = slices.DeleteFunc(all, func(u UsedMount) bool { return u.InUse })
		if len(busy) == 0 {
			break
		}
		if err := pause(ctx); err != nil {
			return nil, nil, err
		}
	}
	return used, busy, nil
}

func pause(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(100 * time.Millisecond):
		return nil
	}
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
