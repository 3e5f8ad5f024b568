package buildrun

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/containerd/platforms"

	"github.com/docker-ghacache/docker-ghacache/internal/builders"
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker-ghacache/docker-ghacache/internal/mounts"
	"github.com/docker-ghacache/docker-ghacache/internal/process"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
)

// mountsTime bounds the restoring of mounts, and the saving.
const mountsTime = 10 * time.Minute

var errMountsTime = fmt.Errorf("it took more than %s", mountsTime)

// runWithMounts runs buildx between restoring the cache mounts of a build and saving them, if --gha-mounts asks for it.
// What fails about mounts is a warning.
func (inv *invocation) runWithMounts(ctx context.Context, command process.Command) (int, error) {
	if inv.own.mounts.glob == "" || inv.mountBuilds == nil || len(inv.mountBuilds()) == 0 {
		return process.Run(ctx, command)
	}
	m := inv.restoreMounts(ctx)
	if m != nil {
		defer m.close()
	}
	if ctx.Err() != nil {
		return 0, context.Cause(ctx)
	}
	code, err := process.Run(ctx, command)
	if m != nil && err == nil && code == 0 && ctx.Err() == nil {
		m.save(ctx)
	}
	return code, err
}

func (m *mountRun) close() {
	if err := m.node.Close(); err != nil {
		m.warn("closing the connection to the builder", err)
	}
}

// mountRun is a build with --gha-mounts under way.
type mountRun struct {
	inv    *invocation
	node   *mounts.Node
	keeper *mounts.Keeper
	wanted []mounts.Mount
	before []mounts.Record
	looked time.Time // at before
}

func (m *mountRun) warn(doing string, err error) { m.inv.warnMounts(doing, err) }

func (inv *invocation) warnMounts(doing string, err error) {
	inv.say(ui.Warning, fmt.Sprintf("cache mounts: %s: %v", doing, err), hint.Of(err))
}

// restoreMounts is nil if the mounts of a build cannot be told, restored or saved.
func (inv *invocation) restoreMounts(interrupted context.Context) *mountRun {
	ctx, cancel := context.WithTimeoutCause(interrupted, mountsTime, errMountsTime)
	defer cancel()
	m, err := inv.openMounts(ctx)
	if err != nil {
		inv.warnMounts("they are neither restored nor saved", err)
		return nil
	}
	if err := m.find(); err != nil {
		m.warn("finding those of the build", err)
	}
	began := inv.env.Now()
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
	m.report(results, inv.env.Now().Sub(began))
	// To ask for the mounts takes BuildKit as long as to count what is in them.
	if !slices.ContainsFunc(results, func(r mounts.Result) bool { return r.State != mounts.Occupied && r.State != mounts.Missing }) {
		return m
	}
	m.look(interrupted)
	return m
}

// look notes what the builder has.
func (m *mountRun) look(ctx context.Context) {
	var err error
	if m.before, err = mounts.Look(ctx, m.node.Client); err != nil && ctx.Err() == nil {
		m.warn("looking at those of the builder", err)
	}
	m.looked = m.inv.env.Now()
}

func (inv *invocation) openMounts(ctx context.Context) (*mountRun, error) {
	keeper, err := mounts.NewKeeper(inv.env.job(), inv.env.Now, inv.env.UserAgent)
	if err != nil {
		return nil, err
	}
	flag, given := inv.flag("builder")
	name := builders.Chosen(inv.env.Lookup, flag, given)
	node, err := mounts.Open(ctx, inv.env.Docker, name, inv.own.mountsHelper)
	if builders.NotRunning(err) {
		words := []string{"inspect", "--bootstrap"}
		if name != "" {
			words = append(words, name)
		}
		if _, stderr, err := process.Output(ctx, inv.buildx.Command(inv.env.Environ(), inv.env.Globals, words...)); err != nil {
			return nil, fmt.Errorf("starting the builder: %w: %s", err, strings.TrimSpace(string(stderr)))
		}
		node, err = mounts.Open(ctx, inv.env.Docker, name, inv.own.mountsHelper)
	}
	if err != nil {
		return nil, err
	}
	return &mountRun{inv: inv, node: node, keeper: keeper}, nil
}

// find finds the mounts of all builds, and the platforms that they are for.
func (m *mountRun) find() error {
	native := platforms.Format(m.node.Platform)
	all := []string{}
	var failed error
	for _, b := range m.inv.mountBuilds() {
		wanted := b.platforms
		if len(wanted) == 0 {
			wanted = []string{native}
		}
		dockerfile, err := b.read()
		if err != nil {
			failed = errors.Join(failed, err)
		}
		all = append(all, wanted...)
		for _, name := range wanted {
			if err == nil {
				failed = errors.Join(failed, m.findIn(mounts.Build{Dockerfile: dockerfile, Args: b.args, Target: b.target, Platform: name, Native: native}))
			}
		}
	}
	m.keeper.Platforms = mounts.PlatformKey(all)
	return failed
}

func (m *mountRun) findIn(b mounts.Build) error {
	found, leftOut, err := mounts.Find(b)
	if err != nil {
		return err
	}
	for _, l := range leftOut {
		m.inv.say(ui.Warning, fmt.Sprintf("cache mounts: the mount %sin line %d of the Dockerfile is left out: %s", spaced(l.Target), l.Line, l.Reason), "")
	}
	for _, f := range found {
		if m.inv.own.mounts.match(f) && !slices.ContainsFunc(m.wanted, f.Same) {
			m.wanted = append(m.wanted, f)
		}
	}
	return nil
}

func spaced(target string) string {
	if target == "" {
		return ""
	}
	return fmt.Sprintf("%q ", target)
}

// save saves the mounts that the build used.
func (m *mountRun) save(ctx context.Context) {
	if len(m.wanted) == 0 {
		return
	}
	ctx, cancel := context.WithTimeoutCause(ctx, mountsTime, errMountsTime)
	defer cancel()
	began := m.inv.env.Now()
	used, busy, err := mounts.UsedSince(ctx, m.node, m.wanted, m.before, began.Sub(m.looked))
	if err != nil {
		m.warn("looking at those of the builder", err)
		return
	}
	for _, b := range busy {
		m.inv.say(ui.Warning, fmt.Sprintf("cache mounts: another build uses %s, and it is not saved", b), "")
	}
	if len(used) == 0 {
		return
	}
	if why := m.inv.mountsReadOnly(ctx); why != "" {
		m.inv.say(ui.Info, "cache mounts: they are not saved: "+why, "")
		return
	}
	results, err := m.keeper.Save(ctx, m.node, used, m.inv.own.mountsMax.bytes())
	if err != nil {
		m.warn("saving them", cmp.Or(context.Cause(ctx), err))
	}
	m.report(results, m.inv.env.Now().Sub(began))
}

// mountsReadOnly says why this build does not save mounts; empty if it does.
func (inv *invocation) mountsReadOnly(ctx context.Context) string {
	job := inv.env.job()
	grant := inv.applyWritePolicy(ctx, job.CacheRuntime(inv.env.Now())).Inspect(job.Token)
	if grant.Problem != "" {
		return grant.Problem
	}
	return grant.ReadOnly
}

func (m *mountRun) report(results []mounts.Result, took time.Duration) {
	for _, r := range results {
		switch r.State {
		case mounts.Failed:
			if !mounts.Silent(r.Err) && !errors.Is(r.Err, context.Canceled) {
				m.inv.say(ui.Warning, fmt.Sprintf("cache mounts: %s: %v", r.Mount, r.Err), hint.Of(r.Err))
			}
		case mounts.TooLarge:
			m.inv.say(ui.Warning, fmt.Sprintf("cache mounts: %s has %s and is not saved, because of --gha-mounts-max=%s", r.Mount, ui.Size(r.Bytes), m.inv.own.mountsMax), "--gha-mounts-max=4GB")
		case mounts.Restored:
			m.inv.say(ui.Info, fmt.Sprintf("cache mounts: restored %s: %s, %s in %.1fs", r.Mount, ui.Count(r.Files, "file", "files"), ui.Size(r.Bytes), took.Seconds()), "")
		case mounts.Saved:
			m.inv.say(ui.Info, fmt.Sprintf("cache mounts: saved %s: %s of %s in %.1fs", r.Mount, ui.Size(r.Sent), ui.Count(r.Files, "changed file", "changed files"), took.Seconds()), "")
		}
	}
}

// mountGlob is the value of --gha-mounts: which mounts; empty is none.
type mountGlob struct{ glob string }

// Set implements [pflag.Value]. It also takes what a variable may say.
func (g *mountGlob) Set(value string) error {
	switch value {
	case "true", "1":
		value = "*"
	case "false", "0":
		value = ""
	}
	if _, err := path.Match(value, ""); err != nil {
		return err
	}
	g.glob = value
	return nil
}

// String implements [pflag.Value].
func (g *mountGlob) String() string { return g.glob }

// Type implements [pflag.Value].
func (g *mountGlob) Type() string { return "glob" }

func (g *mountGlob) match(m mounts.Mount) bool { return m.Match(g.glob) }
