package buildrun

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/cacheopts"
	"github.com/docker-ghacache/docker-ghacache/internal/actions"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheclient"
	"github.com/docker-ghacache/docker-ghacache/internal/github"
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
)

// writePolicy is the value of --gha-write: which refs may write to the cache.
type writePolicy struct {
	mode    string
	percent int64 // with writeAuto: of the limit, from which on only the default branch writes
}

const (
	writeAlways  = "always"
	writeDefault = "default-branch"
	writeNever   = "never"
	writeAuto    = "auto"

	autoPercent = 80
)

var errWritePolicy = errors.New("want always, default-branch, never, auto or auto:80%")

// Set implements [pflag.Value].
func (p *writePolicy) Set(value string) error {
	mode, limit, limited := strings.Cut(value, ":")
	switch mode {
	case writeAlways, writeDefault, writeNever:
		if limited {
			return errWritePolicy
		}
		*p = writePolicy{mode: mode}
		return nil
	case writeAuto:
		percent := int64(autoPercent)
		if limited {
			var err error
			percent, err = strconv.ParseInt(strings.TrimSuffix(limit, "%"), 10, 64)
			if err != nil || percent < 0 || percent > 100 {
				return errWritePolicy
			}
		}
		*p = writePolicy{mode, percent}
		return nil
	}
	return errWritePolicy
}

// String implements [pflag.Value].
func (p *writePolicy) String() string {
	if p.mode == writeAuto {
		return fmt.Sprintf("%s:%d%%", writeAuto, p.percent)
	}
	return cmp.Or(p.mode, writeAlways)
}

// Type implements [pflag.Value].
func (p *writePolicy) Type() string { return "always|default-branch|never|auto[:80%]" }

// applyWritePolicy gives the grants of the runtime a reason not to write where the policy
// has one. What a token or the job forbids anyhow keeps its own reason.
func (inv *invocation) applyWritePolicy(ctx context.Context, rt cacheopts.Runtime) cacheopts.Runtime {
	if inv.own.write.String() == writeAlways {
		return rt
	}
	inspect, refusals := rt.Inspect, map[string]string{}
	rt.Inspect = func(raw string) cacheopts.Grant {
		grant := inspect(raw)
		token, err := actions.DecodeToken(raw)
		if err != nil || grant.ReadOnly != "" {
			return grant
		}
		ref := token.WriteRef()
		if _, known := refusals[ref]; !known {
			refusals[ref] = inv.refuseWriting(ctx, ref)
			inv.unwritten = append(inv.unwritten, refusals[ref])
		}
		grant.ReadOnly = refusals[ref]
		return grant
	}
	return rt
}

// RefuseWriting says why $GHACACHE_WRITE forbids the job to write to its ref; empty if it does not. It says nothing of what
// the token forbids.
func RefuseWriting(ctx context.Context, env *Env) (string, error) {
	inv := &invocation{env: env}
	if value, _ := env.Lookup("GHACACHE_WRITE"); value != "" {
		if inv.own.write.Set(value) != nil {
			return "", hint.Usage(fmt.Errorf("reading GHACACHE_WRITE: %q is not a value of --gha-write", value), "GHACACHE_WRITE="+inv.own.write.Type())
		}
	}
	job := env.job()
	inv.applyWritePolicy(ctx, job.CacheRuntime(env.Now())).Inspect(job.Token)
	return strings.Join(inv.unwritten, ""), nil
}

// soften makes infos of the notes about what the user has asked for.
func (inv *invocation) soften(notes []cacheopts.Note) []cacheopts.Note {
	for i, n := range notes {
		wanted := func(why string) bool { return why != "" && strings.HasSuffix(n.Text, why) }
		if n.Code == cacheopts.CodeReadOnlyToken && slices.ContainsFunc(inv.unwritten, wanted) {
			notes[i].Level = cacheopts.LevelInfo
		}
	}
	return notes
}

// refuseWriting says why the policy forbids a build to write to ref; empty if it does not.
func (inv *invocation) refuseWriting(ctx context.Context, ref string) string {
	policy := inv.own.write
	if policy.mode == writeNever {
		return "--gha-write=never"
	}
	branch, err := inv.defaultBranch(ctx)
	if err == nil && ref == branch {
		return ""
	}
	if err != nil && policy.mode == writeAuto {
		inv.note(cacheopts.Note{Level: cacheopts.LevelWarning, Text: fmt.Sprintf("--gha-write=auto writes, because the default branch is not known: %v", err), Hint: hint.Of(err)})
		return ""
	}
	if err != nil {
		inv.note(cacheopts.Note{Level: cacheopts.LevelWarning, Text: fmt.Sprintf("the default branch is not known: %v", err), Hint: hint.Of(err)})
		return "--gha-write=default-branch, and the default branch is not known"
	}
	if policy.mode == writeDefault {
		return fmt.Sprintf("--gha-write=default-branch, and this build would write to %s", github.ShortRef(ref))
	}
	return inv.refuseFull(ctx, ref)
}

// defaultBranch is a full ref. The event of the workflow tells it without a request.
func (inv *invocation) defaultBranch(ctx context.Context) (string, error) {
	if name, err := inv.env.job().DefaultBranch(); err == nil {
		return github.Branch(name), nil
	}
	repo, err := inv.repository()
	if err != nil {
		return "", err
	}
	return repo.Client.DefaultBranch(ctx)
}

// refuseFull says how full the cache is, if it is fuller than the policy allows refs
// other than the default branch. If that is not known, they write, as by default.
func (inv *invocation) refuseFull(ctx context.Context, ref string) string {
	used, limit, err := inv.usage(ctx)
	if err != nil {
		inv.note(cacheopts.Note{Level: cacheopts.LevelWarning, Text: fmt.Sprintf("--gha-write=auto writes, because it is not known how full the cache is: %v", err), Hint: hint.Of(err)})
		return ""
	}
	if used < limit/100*inv.own.write.percent {
		return ""
	}
	return fmt.Sprintf("--gha-write=%s, the repository's caches take %s of %s, and this build would write to %s",
		inv.own.write.String(), ui.Size(used), ui.Size(limit), github.ShortRef(ref))
}

func (inv *invocation) usage(ctx context.Context) (used, limit int64, err error) {
	repo, err := inv.repository()
	if err != nil {
		return 0, 0, err
	}
	if used, err = repo.Client.Usage(ctx); err != nil {
		return 0, 0, err
	}
	limits, err := repo.Client.Limits(ctx)
	return used, cmp.Or(limits.Size, cacheclient.DefaultLimit), err
}
