package mounting

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/containerd/platforms"
	"github.com/docker/cli/cli/command"

	"github.com/docker-ghacache/docker-ghacache/internal/actions"
	"github.com/docker-ghacache/docker-ghacache/internal/builders"
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker-ghacache/docker-ghacache/internal/mounts"
	"github.com/docker-ghacache/docker-ghacache/internal/process"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
	"github.com/docker-ghacache/docker-ghacache/internal/view"
)

// mountsTime bounds the restoring of mounts, and the saving.
const mountsTime = 10 * time.Minute

var errMountsTime = fmt.Errorf("it took more than %s", mountsTime)

// Run is a build with --gha-mounts.
type Run struct {
	Options  Options
	Builds   []Build // whose mounts matter
	Builder  string  // its name; empty: the one that buildx chooses
	Job      actions.Job
	ReadOnly func(context.Context) string // why mounts are not saved; empty: they are

	Docker    command.Cli
	Buildx    func(args ...string) process.Command
	Now       func() time.Time
	UserAgent string // of requests to the cache service
	Say       func(level ui.Level, text, fix string)
}

// Around builds between restoring the mounts and saving them. It returns the exit code of
// the build. It does not save after a build that failed.
func (r *Run) Around(ctx context.Context, build func() (code int, err error)) (int, error) {
	m := r.restore(ctx)
	if m != nil {
		defer m.close()
	}
	if ctx.Err() != nil {
		return 0, context.Cause(ctx)
	}
	code, err := build()
	if m != nil && err == nil && code == 0 && ctx.Err() == nil {
		m.save(ctx)
	}
	return code, err
}

// restored is a build on its way whose mounts were restored.
type restored struct {
	*Run
	node   *mounts.Node
	keeper *mounts.Keeper
	wanted []mounts.Mount
	before []mounts.Record
	looked time.Time // at before
}

func (m *restored) close() {
	if err := m.node.Close(); err != nil {
		m.warn("closing the connection to the builder", err)
	}
}

func (r *Run) warn(doing string, err error) {
	r.Say(ui.Warning, fmt.Sprintf("cache mounts: %s: %v", doing, err), hint.Of(err))
}

// restore returns nil if the mounts of a build cannot be told, restored or saved.
func (r *Run) restore(interrupted context.Context) *restored {
	ctx, cancel := context.WithTimeoutCause(interrupted, mountsTime, errMountsTime)
	defer cancel()
	m, err := r.open(ctx)
	if err != nil {
		r.warn("they are neither restored nor saved", err)
		return nil
	}
	if err := m.find(); err != nil {
		m.warn("finding those of the build", err)
	}
	began := r.Now()
	if len(m.wanted) == 0 {
		return m
	}
	m.node.StandBy(interrupted)
	m.look(ctx)
	results, err := m.keeper.Restore(ctx, m.node, m.before, m.wanted)
	if down, ok := errors.AsType[*mounts.ServiceError](err); ok {
		m.wanted = nil // nor can they be saved
		err = down
	}
	if err != nil && interrupted.Err() == nil {
		m.warn("restoring them", cmp.Or(context.Cause(ctx), err))
	}
	m.report(results, r.Now().Sub(began))
	// To ask for the mounts takes BuildKit as long as to count what is in them.
	if !slices.ContainsFunc(results, func(r mounts.Result) bool { return r.State != mounts.Occupied && r.State != mounts.Missing }) {
		return m
	}
	m.look(interrupted)
	return m
}

// look notes what the builder has.
func (m *restored) look(ctx context.Context) {
	var err error
	if m.before, err = mounts.Look(ctx, m.node.Client); err != nil && ctx.Err() == nil {
		m.warn("looking at those of the builder", err)
	}
	m.looked = m.Now()
}

func (r *Run) open(ctx context.Context) (*restored, error) {
	keeper, err := mounts.NewKeeper(r.Job, r.Now, r.UserAgent)
	if err != nil {
		return nil, err
	}
	node, err := mounts.Open(ctx, r.Docker, r.Builder, r.Options.helper)
	if builders.NotRunning(err) {
		words := []string{"inspect", "--bootstrap"}
		if r.Builder != "" {
			words = append(words, r.Builder)
		}
		if _, stderr, err := process.Output(ctx, r.Buildx(words...)); err != nil {
			return nil, fmt.Errorf("starting the builder: %w: %s", err, strings.TrimSpace(string(stderr)))
		}
		node, err = mounts.Open(ctx, r.Docker, r.Builder, r.Options.helper)
	}
	if err != nil {
		return nil, err
	}
	return &restored{Run: r, node: node, keeper: keeper}, nil
}

// find finds the mounts of all builds, and the platforms that they are for.
func (m *restored) find() error {
	native := platforms.Format(m.node.Platform)
	all := []string{}
	var found []mounts.Mount
	var leftOut []mounts.LeftOut
	var failed error
	for _, b := range m.Builds {
		if len(b.Platforms) == 0 {
			b.Platforms = []string{native}
		}
		all = append(all, b.Platforms...)
		its, left, err := findIn(b, native)
		failed = errors.Join(failed, err)
		found, leftOut = append(found, its...), append(leftOut, left...)
	}
	m.keeper.Platforms = mounts.PlatformKey(all)
	for _, l := range leftOut {
		m.Say(ui.Warning, fmt.Sprintf("cache mounts: %s", l), "")
	}
	m.wanted = m.Options.wanted.choose(found)
	if failed == nil && len(m.wanted) == 0 {
		m.noteNoneChosen(found, leftOut)
	}
	return failed
}

func findIn(b Build, native string) ([]mounts.Mount, []mounts.LeftOut, error) {
	dockerfile, err := b.read()
	if err != nil {
		return nil, nil, err
	}
	return mounts.Find(mounts.Build{Dockerfile: dockerfile, Args: b.Args, Target: b.Target, Platforms: b.Platforms, Native: native})
}

// noteNoneChosen warns of a glob that selects no mount. It is silent if there is none to select, and if the glob selects
// one that is left out, of which there is a warning.
func (m *restored) noteNoneChosen(found []mounts.Mount, leftOut []mounts.LeftOut) {
	selects := func(l mounts.LeftOut) bool { return l.Match(m.Options.wanted.pattern) }
	if len(found) == 0 || slices.ContainsFunc(leftOut, selects) {
		return
	}
	var names []string
	for _, f := range found {
		if !slices.Contains(names, f.String()) {
			names = append(names, f.String())
		}
	}
	m.Say(ui.Warning, fmt.Sprintf("cache mounts: --gha-mounts=%s selects none of the build's: %s", hint.Word(m.Options.wanted.pattern), strings.Join(names, ", ")), "--gha-mounts   # selects all of them")
}

// save saves the mounts that the build used.
func (m *restored) save(ctx context.Context) {
	if len(m.wanted) == 0 {
		return
	}
	ctx, cancel := context.WithTimeoutCause(ctx, mountsTime, errMountsTime)
	defer cancel()
	began := m.Now()
	used, busy, err := mounts.UsedSince(ctx, m.node, m.wanted, m.before, began.Sub(m.looked))
	if err != nil {
		m.warn("looking at those of the builder", err)
		return
	}
	for _, b := range busy {
		m.Say(ui.Warning, fmt.Sprintf("cache mounts: another build uses %s, and it is not saved", b), "")
	}
	if len(used) == 0 {
		return
	}
	if why := m.ReadOnly(ctx); why != "" {
		m.Say(ui.Info, "cache mounts: they are not saved: "+why, "")
		return
	}
	results, err := m.keeper.Save(ctx, m.node, used, m.Options.max.bytes())
	if err != nil {
		m.warn("saving them", cmp.Or(context.Cause(ctx), err))
	}
	m.report(results, m.Now().Sub(began))
}

func (m *restored) report(results []mounts.Result, took time.Duration) {
	for _, r := range results {
		switch r.State {
		case mounts.Failed:
			if !mounts.Silent(r.Err) && !errors.Is(r.Err, context.Canceled) {
				m.Say(ui.Warning, fmt.Sprintf("cache mounts: %s: %v", r.Mount, r.Err), hint.Of(r.Err))
			}
		case mounts.TooLarge:
			m.Say(ui.Warning, fmt.Sprintf("cache mounts: %s has %s and is not saved, because of --gha-mounts-max=%s", r.Mount, ui.Size(r.Bytes), m.Options.max), "--gha-mounts-max=4GB")
		case mounts.Restored, mounts.Saved:
			m.Say(ui.Info, fmt.Sprintf("cache mounts: %s %s: %s in %.1fs", r.State, r.Mount, view.MountContent(r), took.Seconds()), "")
		}
	}
}
