package buildrun

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"github.com/docker-ghacache/docker-ghacache/cacheopts"
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker-ghacache/docker-ghacache/internal/localcache"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
)

// local is a folder that a build reads or writes as a cache of type=local.
type local struct {
	dir      string
	exported bool
	presence *localcache.Presence // of this build
	// before tells what the cache referenced before the build. Nil: nothing is known.
	before func(digest string) bool
}

// locals are folders, each of them once.
type locals []local

// add adds the folders of the entries of a side.
func (ls locals) add(side cacheopts.Side, entries []cacheopts.Entry) locals {
	for _, e := range entries {
		dir := e.Attrs["src"]
		if side == cacheopts.To {
			dir = e.Attrs["dest"]
		}
		if e.Type != "local" || dir == "" {
			continue
		}
		at := slices.IndexFunc(ls, func(l local) bool { return l.dir == dir })
		if at < 0 {
			ls, at = append(ls, local{dir: dir}), len(ls)
		}
		ls[at].exported = ls[at].exported || side == cacheopts.To
	}
	return ls
}

// localsOf are the folders that the arguments of build name.
func localsOf(args []cacheopts.Arg) (found locals) {
	for _, arg := range args {
		if side := arg.Side(); side != 0 {
			entries, _ := cacheopts.Parse(arg.Value) // buildx complains best
			found = found.add(side, entries)
		}
	}
	return found
}

// locals are the folders that the targets which are built name.
func (ts bakeTargets) locals() (found locals) {
	for name, side := range ts.lists() {
		if builds(ts[name].Call) {
			found = found.add(side, ts[name].list(side))
		}
	}
	return found
}

// enter has others see this build, before it looks into the caches. It returns each folder
// once, however often and in which ways the build spells it: a build that locks a folder twice
// would wait for itself.
func (ls locals) enter(ctx context.Context, clean bool) (entered locals) {
	for _, l := range ls {
		if clean && l.exported {
			_ = os.MkdirAll(l.dir, 0o755) //nolint:gosec // as buildx does, which says why that fails
		}
		if at := slices.IndexFunc(entered, l.same); at < 0 {
			entered = append(entered, l)
		} else if l.exported && !entered[at].exported {
			entered[at] = l
		}
	}
	for i := range entered {
		l := &entered[i]
		l.presence = localcache.Enter(ctx, l.dir)
		if !clean || !l.exported {
			continue
		}
		if layout, err := localcache.Read(l.dir); err == nil {
			l.before = layout.References()
		}
	}
	return entered
}

// same reports whether both are one folder.
func (l local) same(other local) bool {
	one, err := os.Stat(l.dir)
	if err != nil {
		return false
	}
	two, err := os.Stat(other.dir)
	return err == nil && os.SameFile(one, two)
}

func (ls locals) leave() {
	for _, l := range ls {
		l.presence.Leave()
	}
}

// cleanLocals deletes what the exports of a build that has succeeded replaced. Nothing
// here changes its exit code.
func (inv *invocation) cleanLocals(ctx context.Context) {
	if !inv.own.localClean {
		return
	}
	ctx, cancel := context.WithTimeoutCause(ctx, afterTime, fmt.Errorf("it took more than %s", afterTime))
	defer cancel()
	for i := range inv.locals {
		l := &inv.locals[i]
		if !l.exported {
			continue
		}
		if err := inv.cleanLocal(ctx, l); err != nil {
			inv.noteLocal(ui.Warning, fmt.Sprintf("the build succeeded; --gha-local-clean did not delete all from %s: %v", l.dir, err), hint.Of(err))
		}
	}
}

func (inv *invocation) cleanLocal(ctx context.Context, l *local) error {
	layout, err := localcache.Read(l.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // nothing was exported
	}
	if err != nil {
		return err
	}
	plan := localcache.NewPlan(layout, localcache.Policy{Grace: localcache.DefaultGrace, Replaced: l.before}, inv.env.Now())
	if plan.Waits() {
		inv.noteLocal(ui.Info, fmt.Sprintf("--gha-local-clean: deleted nothing, because another build may be exporting to %s: it has files that no manifest references and that are younger than an hour", l.dir),
			"docker ghacache prune --local "+hint.Word(l.dir)+" --grace 0s   # if no build is exporting to it")
	}
	if !plan.Deletes() && !layout.Interrupted() {
		return nil
	}
	alone, err := l.presence.Alone()
	if err != nil {
		return hint.With(err, "docker ghacache prune --local "+hint.Word(l.dir))
	}
	if !alone {
		inv.noteLocal(ui.Info, fmt.Sprintf("--gha-local-clean: another build uses %s, and the last one deletes what was replaced", l.dir), "")
		return nil
	}
	result, err := plan.Execute(ctx)
	if err == nil && len(result.Failures) > 0 {
		err = result.Failures[0].Err
	}
	if result.Deleted.Count > 0 {
		inv.noteLocal(ui.Info, fmt.Sprintf("--gha-local-clean: deleted %s with %s from %s", ui.Count(result.Deleted.Count, "file", "files"), ui.Size(result.Deleted.Bytes), l.dir), "")
	}
	return err
}

func (inv *invocation) noteLocal(level ui.Level, text, fix string) {
	if level != ui.Info || !inv.silent() {
		inv.note(cacheopts.Note{Level: cacheopts.Level(level), Text: text, Hint: fix})
	}
}
