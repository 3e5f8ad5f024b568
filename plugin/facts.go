package plugin

import (
	"cmp"
	"context"
	"os/exec"
	"slices"
	"strings"
	"sync"

	"github.com/docker-ghacache/docker-ghacache/internal/actions"
	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/builders"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheclient"
	"github.com/docker-ghacache/docker-ghacache/internal/diagnose"
	"github.com/docker-ghacache/docker-ghacache/internal/listing"
	"github.com/docker-ghacache/docker-ghacache/internal/process"
	"github.com/docker-ghacache/docker-ghacache/internal/reclaim"
	"github.com/docker/cli/cli-plugins/metadata"
)

// collectFacts asks everything that the doctor judges. That something cannot
// be asked is a fact as well.
func collectFacts(ctx context.Context, env *Env, o doctorOptions) diagnose.Facts {
	job := env.runtime()
	facts := diagnose.Facts{Now: env.Now(), Runtime: runtimeFacts(job)}
	if job.Token != "" {
		facts.Grant = job.Grant(job.Token)
	}
	var asked sync.WaitGroup
	asked.Go(func() { facts.Docker = dockerFacts(ctx, env) })
	asked.Go(func() {
		buildx, err := builders.AskBuildx(env.Docker)
		facts.Buildx = diagnose.Tool{Version: buildx.Version, Err: err}
	})
	asked.Go(func() { facts.Builder = builderFacts(ctx, env, o.builder) })
	asked.Go(func() { facts.Service = serviceFacts(ctx, env, job) })
	asked.Go(func() { restFacts(ctx, env, o.repo, &facts) })
	asked.Wait()
	return facts
}

func runtimeFacts(job actions.Runtime) diagnose.Runtime {
	facts := diagnose.Runtime{
		Job: job.Job, Service: job.Service.String(), HasV1: job.Service.HasV1(), HasV2: job.Service.HasV2(), Version: job.Version,
		Token: job.Token != "", URL: job.ServiceURL(), Loopback: builders.Loopback(job.ServiceURL()), Mode: string(job.Mode),
		Expose: job.Service.Expose(), Warnings: job.Warnings,
	}
	if token, err := actions.DecodeToken(job.Token); err == nil {
		for _, a := range token.Access {
			facts.Refs = append(facts.Refs, a.Ref)
		}
	}
	return facts
}

// dockerFacts asks the docker CLI that started this program, else the one on PATH.
func dockerFacts(ctx context.Context, env *Env) diagnose.Tool {
	name, _ := env.Lookup(metadata.ReexecEnvvar)
	path, err := exec.LookPath(cmp.Or(name, "docker"))
	if err != nil {
		return diagnose.Tool{Err: err}
	}
	stdout, _, err := process.Output(ctx, process.Command{Path: path, Args: []string{"--version"}, Env: env.Environ()})
	// Docker version 29.9.3, build 1234567
	version, _, _ := strings.Cut(strings.TrimPrefix(string(stdout), "Docker version "), ",")
	return diagnose.Tool{Version: strings.TrimSpace(version), Err: err}
}

func builderFacts(ctx context.Context, env *Env, name string) diagnose.Builder {
	b, err := builders.Examine(ctx, env.Docker, name)
	if err != nil {
		return diagnose.Builder{Name: name, Err: err}
	}
	facts := diagnose.Builder{Name: b.Name, Driver: b.Driver}
	for _, n := range b.Nodes {
		facts.Nodes = append(facts.Nodes, diagnose.Node{
			Name: n.Name, Running: n.Running, BuildKit: n.BuildKit, Engine: n.Engine.Version, ContainerdStore: n.Engine.ContainerdStore,
			HostNetwork: !n.OwnNetwork() || b.Driver == "remote", GHA: n.GHA, Err: n.Err,
		})
	}
	return facts
}

// serviceFacts looks up a key that nobody writes.
func serviceFacts(ctx context.Context, env *Env, job actions.Runtime) *diagnose.Probe {
	if job.Token == "" || job.ServiceURL() == "" {
		return nil
	}
	probe := &diagnose.Probe{URL: job.ServiceURL()}
	runtime, err := cacheclient.NewRuntime(job.ServiceURL(), job.Version, job.Token, userAgent)
	if err != nil {
		probe.Err = err
		return probe
	}
	start := env.Now()
	_, probe.Err = runtime.Has(ctx, "docker-ghacache-doctor")
	probe.Took = env.Now().Sub(start)
	return probe
}

// restFacts lists the cache, and from the listing tells usage, integrity and
// collisions.
func restFacts(ctx context.Context, env *Env, repo string, facts *diagnose.Facts) {
	r, err := openRepository(env, repo)
	if err != nil {
		facts.REST.Err = err
		return
	}
	target := r.Client.Target()
	facts.REST = diagnose.REST{Token: true, Repository: target.Owner + "/" + target.Repo, Asked: true}
	if rate, err := r.Client.Rate(ctx); err == nil { // servers without one do not answer
		facts.REST.Limit, facts.REST.Remaining, facts.REST.Reset = rate.Limit, rate.Remaining, rate.Reset
	}
	snap, err := r.Snapshot(ctx)
	if err != nil {
		facts.REST.Err = err
		return
	}
	facts.REST.Status = 200
	facts.Usage = usageFacts(ctx, r, snap.Analysis)
	for i := range snap.Caches {
		c := &snap.Caches[i]
		facts.Scopes = append(facts.Scopes, scopeFacts(snap, c))
		if r.Runtime != nil && r.Runtime.Reads(c.Ref) {
			facts.Indexes = append(facts.Indexes, diagnose.Index{Scope: c.Scope, Ref: c.Ref, Layers: c.Layers, Missing: len(c.Missing), Err: c.Err})
		}
	}
}

// scopeFacts tells when a cache was written, and whether its versions are of
// one build: those of two have no layer in common.
func scopeFacts(s *listing.Snapshot, c *reclaim.Cache) diagnose.Scope {
	facts := diagnose.Scope{Name: c.Scope, Ref: c.Ref}
	var versions [][]bkcache.Layer
	for i := range s.Items {
		item := &s.Items[i]
		if item.Key.Kind != bkcache.KindIndex || item.Key.Scope != c.Scope || item.Ref != c.Ref {
			continue
		}
		facts.Writes = append(facts.Writes, item.Created)
		if x, ok := s.Indexes[item.ID]; ok && x.Err == nil && len(x.Layers) > 0 {
			versions = append(versions, x.Layers)
		}
	}
	for i := 1; i < len(versions); i++ {
		facts.Disjoint = facts.Disjoint || disjoint(versions[i-1], versions[i])
	}
	return facts
}

func disjoint(a, b []bkcache.Layer) bool {
	return !slices.ContainsFunc(a, func(l bkcache.Layer) bool { return slices.Contains(b, l) })
}

func usageFacts(ctx context.Context, r *listing.Repository, a *reclaim.Analysis) *diagnose.Usage {
	usage := &diagnose.Usage{Entries: len(a.Items)}
	for i := range a.Items {
		usage.Bytes += a.Items[i].Size
	}
	limits, err := r.Client.Limits(ctx)
	usage.Limit, usage.Err = limits.Size, err
	return usage
}
