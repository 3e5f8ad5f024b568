package buildrun

import (
	"context"
	"fmt"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/cacheopts"
)

// complete decides what becomes of each entry: it is left out where there is
// nothing to cache, and prepared for the job and the builder elsewhere.
func (inv *invocation) complete(ctx context.Context, requests []cacheopts.Request) ([]cacheopts.Completed, error) {
	done := make([]cacheopts.Completed, len(requests))
	var wanted []cacheopts.Request
	var places []int
	asked := ""
	for i, req := range requests {
		done[i] = cacheopts.Completed{Entry: req.Entry, Dropped: true}
		if inv.own.skip {
			continue
		}
		if c := inv.call(req.Where); !builds(c) {
			asked = c
			continue
		}
		wanted, places = append(wanted, req), append(places, i)
	}
	inv.noteLeftOut(asked)
	if len(wanted) == 0 {
		return done, nil
	}
	prepared, err := inv.prepare(ctx, wanted)
	for i, completed := range prepared {
		done[places[i]] = completed
		inv.caches = inv.caches || !completed.Dropped
	}
	return done, err
}

// noteLeftOut says why entries are left out without a look at them. An export
// after anything but a build would put an empty index in the place of the
// cache, and buildx does export then.
func (inv *invocation) noteLeftOut(call string) {
	if inv.own.skip {
		inv.note(cacheopts.Note{Level: cacheopts.LevelInfo, Text: "building without type=gha, as --gha-skip asks"})
	}
	if call == "" {
		return
	}
	if call == "lint" {
		call = "check" // buildx's own name for it
	}
	text := fmt.Sprintf("--call=%s builds nothing: the type=gha caches are left out", call)
	if inv.verb == "bake" {
		text = fmt.Sprintf("targets with call=%s are not built: their type=gha caches are left out", call)
	}
	inv.note(cacheopts.Note{Level: cacheopts.LevelInfo, Text: text})
}

// noteTarget warns of a scope that builds of several stages may share: each
// export puts its own index in the place of the one before, and BuildKit reads
// the newest only.
func (inv *invocation) noteTarget(requests []cacheopts.Request, entries []cacheopts.Completed) {
	stage, _ := inv.flag("target")
	for i, e := range entries {
		if stage == "" || e.Dropped || requests[i].Side != cacheopts.To || strings.Contains(e.Entry.Scope(), stage) {
			continue
		}
		inv.note(cacheopts.Note{
			Level: cacheopts.LevelInfo,
			Text:  fmt.Sprintf("scope %q will hold the steps of --target %s and no others: a build of another target needs a scope of its own", e.Entry.Scope(), stage),
			Hint:  fmt.Sprintf("scope=%s-%s", e.Entry.Scope(), stage),
		})
	}
}
