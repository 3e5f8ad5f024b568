package mounts

import (
	"context"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/moby/buildkit/client"
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

// InBuilder returns the mounts that a builder has, the largest first.
func InBuilder(wanted []Mount, held []Record) []Mount {
	var found []Mount
	for _, r := range held {
		i := slices.IndexFunc(wanted, r.of)
		if i >= 0 && !slices.ContainsFunc(found, wanted[i].Same) {
			found = append(found, wanted[i])
		}
	}
	return found
}

// release is how often, 100 ms apart, a mount is looked at until BuildKit has let go of it after a build.
const release = 20

// UsedSince returns the mounts that were used since [Look] returned before, which is some time ago, and those of them
// that another build uses now. To save one of these would wait for that build.
func UsedSince(ctx context.Context, n *Node, wanted []Mount, before []Record, ago time.Duration) (used, busy []Mount, err error) {
	used, err = n.usedSince(ctx, wanted, before, ago)
	if err != nil || len(used) == 0 {
		return nil, nil, err
	}
	for range release {
		inUse, err := records(ctx, n.Client, client.WithFilter([]string{isMount + ",inuse"}))
		if err != nil {
			return nil, nil, err
		}
		if busy = InBuilder(used, inUse); len(busy) == 0 {
			break
		}
		if err := pause(ctx); err != nil {
			return nil, nil, err
		}
	}
	return slices.DeleteFunc(used, func(m Mount) bool { return slices.ContainsFunc(busy, m.Same) }), busy, nil
}

// usedSince asks BuildKit for those that were not used: it reads all of a mount that was, to tell its size.
func (n *Node) usedSince(ctx context.Context, wanted []Mount, before []Record, ago time.Duration) (used []Mount, err error) {
	isNew := func(m Mount) bool {
		return !slices.ContainsFunc(before, func(r Record) bool { return r.of(m) })
	}
	if slices.ContainsFunc(wanted, isNew) {
		after, err := Held(ctx, n.Client)
		return InBuilder(wanted, Changed(before, after)), err
	}
	idle, err := records(ctx, n.Client, client.WithFilter([]string{isMount}), client.WithAgeLimit(ago))
	if err != nil {
		return nil, err
	}
	idle = slices.DeleteFunc(idle, func(r Record) bool { return len(Changed(before, []Record{r})) > 0 }) // BuildKit knows no limit
	missing := slices.DeleteFunc(slices.Clone(before), func(r Record) bool {
		return slices.ContainsFunc(idle, func(i Record) bool { return i.Ref == r.Ref })
	})
	return InBuilder(wanted, missing), nil
}

func pause(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(100 * time.Millisecond):
		return nil
	}
}
