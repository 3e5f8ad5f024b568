package cleaning

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/docker-ghacache/docker-ghacache/cacheopts"
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker-ghacache/docker-ghacache/internal/localcache"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
)

// folder is a cache of type=local that a build reads or writes.
type folder struct {
	dir      string
	exported bool
	presence *localcache.Presence // of this build
	// before tells what the cache referenced before the build. Nil: nothing is known.
	before func(digest string) bool
}

// Folders are those that a build reads or writes as caches of type=local, each of them once.
type Folders []folder

// Add adds the folders of the entries of a side.
func (fs Folders) Add(side cacheopts.Side, entries []cacheopts.Entry) Folders {
	for _, e := range entries {
		dir := e.Attrs["src"]
		if side == cacheopts.To {
			dir = e.Attrs["dest"]
		}
		if e.Type != "local" || dir == "" {
			continue
		}
		at := slices.IndexFunc(fs, func(f folder) bool { return f.dir == dir })
		if at < 0 {
			fs, at = append(fs, folder{dir: dir}), len(fs)
		}
		fs[at].exported = fs[at].exported || side == cacheopts.To
	}
	return fs
}

// Enter has others see this build, before it looks into the caches. It returns each folder
// once, however often and in which ways the build spells it: a build that locks a folder twice
// would wait for itself.
func (fs Folders) Enter(ctx context.Context, clean bool) (entered Folders) {
	for _, f := range fs {
		if clean && f.exported {
			_ = os.MkdirAll(f.dir, 0o755) //nolint:gosec // as buildx does, which says why that fails
		}
		if at := slices.IndexFunc(entered, f.same); at < 0 {
			entered = append(entered, f)
		} else if f.exported && !entered[at].exported {
			entered[at] = f
		}
	}
	for i := range entered {
		f := &entered[i]
		f.presence = localcache.Enter(ctx, f.dir)
		if !clean || !f.exported {
			continue
		}
		if layout, err := localcache.Read(f.dir); err == nil {
			f.before = layout.References()
		}
	}
	return entered
}

// same reports whether both are one folder.
func (f folder) same(other folder) bool {
	one, err := os.Stat(f.dir)
	if err != nil {
		return false
	}
	two, err := os.Stat(other.dir)
	return err == nil && os.SameFile(one, two)
}

// Leave has others know that the build is over.
func (fs Folders) Leave() {
	for _, f := range fs {
		f.presence.Leave()
	}
}

// Clean deletes what the exports of a build that has succeeded replaced. It says what came
// of it.
func (fs Folders) Clean(ctx context.Context, now func() time.Time, say func(level ui.Level, text, fix string)) {
	for i := range fs {
		f := &fs[i]
		if !f.exported {
			continue
		}
		if err := f.clean(ctx, now, say); err != nil {
			say(ui.Warning, fmt.Sprintf("the build succeeded; --gha-local-clean did not delete all from %s: %v", f.dir, err), hint.Of(err))
		}
	}
}

func (f *folder) clean(ctx context.Context, now func() time.Time, say func(level ui.Level, text, fix string)) error {
	layout, err := localcache.Read(f.dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil // nothing was exported
	}
	if err != nil {
		return err
	}
	plan := localcache.NewPlan(layout, localcache.Policy{Grace: localcache.DefaultGrace, Replaced: f.before}, now())
	if plan.Waits() {
		say(ui.Info, fmt.Sprintf("--gha-local-clean: deleted nothing, because another build may be exporting to %s: it has files that no manifest references and that are younger than an hour", f.dir),
			"docker ghacache prune --local "+hint.Word(f.dir)+" --grace 0s   # if no build is exporting to it")
	}
	if !plan.Deletes() && !layout.Interrupted() {
		return nil
	}
	alone, err := f.presence.Alone()
	if err != nil {
		return hint.With(err, "docker ghacache prune --local "+hint.Word(f.dir))
	}
	if !alone {
		say(ui.Info, fmt.Sprintf("--gha-local-clean: another build uses %s, and the last one deletes what was replaced", f.dir), "")
		return nil
	}
	result, err := plan.Execute(ctx)
	if err == nil && len(result.Failures) > 0 {
		err = result.Failures[0].Err
	}
	if result.Deleted.Count > 0 {
		say(ui.Info, fmt.Sprintf("--gha-local-clean: deleted %s with %s from %s", ui.Count(result.Deleted.Count, "file", "files"), ui.Size(result.Deleted.Bytes), f.dir), "")
	}
	return err
}
