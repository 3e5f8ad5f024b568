package doctor

import (
	"cmp"
	"context"
	"errors"
	"strconv"
	"sync"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/actions"
	"github.com/docker-ghacache/docker-ghacache/internal/builders"
	"github.com/docker-ghacache/docker-ghacache/internal/runtimeclient"
	"github.com/docker/cli/cli/command"
)

// How long a question may take. That of the builder is longer than the ten seconds
// after which its nodes count as silent; a listing has many pages.
const (
	factTime    = 5 * time.Second
	builderTime = 11 * time.Second
	listingTime = 20 * time.Second
	doctorTime  = 30 * time.Second
)

// Env is what the doctor takes from the program around it.
type Env struct {
	Docker    command.Cli
	Lookup    actions.Lookup
	Environ   func() []string
	Now       func() time.Time
	UserAgent string // of requests to GitHub
}

// Collect asks everything that a doctor judges, all at the same time. That something cannot
// be asked is a fact as well. The repository is that of [listing.Open], and the builder that of
// [builders.Examine].
func Collect(ctx context.Context, env Env, repo, builder string) Facts {
	ctx, cancel := context.WithTimeoutCause(ctx, doctorTime, Silence(doctorTime))
	defer cancel()
	job := actions.FromEnv(env.Lookup)
	facts := Facts{Now: env.Now(), Runtime: runtimeFacts(job)}
	if job.Token != "" {
		facts.Grant = job.Grant(job.Token)
	}
	var asked sync.WaitGroup
	asked.Go(func() {
		tool, err := within(ctx, factTime, func(ctx context.Context) (Tool, error) {
			version, err := builders.DockerVersion(ctx, env.Lookup, env.Environ())
			return Tool{Version: version}, err
		})
		facts.Docker, facts.Docker.Err = tool, err
	})
	asked.Go(func() { facts.Buildx = buildxFacts(ctx, env, job) })
	asked.Go(func() { facts.Builder = builderFacts(ctx, env, job, builder) })
	var rest restFacts
	served := make(chan bool, 1)
	asked.Go(func() {
		if facts.Grant.Expires.After(facts.Now) { // else the token says why not
			facts.Service = serviceFacts(ctx, env, job)
		}
		served <- facts.Service != nil && facts.Service.Err == nil
	})
	asked.Go(func() { rest.collect(ctx, env, job, repo, served) })
	asked.Wait()
	facts.REST, facts.Usage, facts.Indexes, facts.Scopes = rest.REST, rest.usage, rest.indexes, rest.scopes
	return facts
}

// within asks for no longer than d. A question that does not end with its context is
// left behind. What was found out until then counts: an error with a reason rather than
// that of the context.
func within[T any](ctx context.Context, d time.Duration, ask func(context.Context) (T, error)) (T, error) {
	const farewell = 200 * time.Millisecond
	type answer struct {
		value T
		err   error
	}
	ctx, cancel := context.WithTimeoutCause(ctx, d, Silence(d))
	defer cancel()
	answered := make(chan answer, 1)
	go func() {
		value, err := ask(ctx)
		answered <- answer{value, err}
	}()
	var a answer
	select {
	case a = <-answered:
	case <-ctx.Done():
		select {
		case a = <-answered:
		case <-time.After(farewell):
			return a.value, context.Cause(ctx)
		}
	}
	if errors.Is(a.err, context.DeadlineExceeded) || errors.Is(a.err, context.Canceled) {
		a.err = cmp.Or(context.Cause(ctx), a.err)
	}
	return a.value, a.err
}

func runtimeFacts(job actions.Job) Runtime {
	facts := Runtime{
		Job: job.Runner, Service: job.Service.String(), Version: job.Version,
		Token: job.Token != "", URL: job.ServiceURL(), Mode: string(job.Mode),
		Expose: job.Service.Expose(), Warnings: job.Warnings,
	}
	if token, err := actions.DecodeToken(job.Token); err == nil {
		for _, a := range token.Access {
			facts.Refs = append(facts.Refs, a.Ref)
		}
	}
	return facts
}

// checksOf is what a build in this job would ask of its builder.
func checksOf(env Env, job actions.Job) builders.Checks {
	allow, _ := env.Lookup("GHACACHE_ALLOW_DOCKER_DRIVER")
	allowed, _ := strconv.ParseBool(allow) // a build refuses what is neither true nor false
	return builders.Checks{
		V2: job.Version == 2, Export: true, Last: true, AllowDocker: allowed,
		Job: job.Runner, CacheURL: job.ServiceURL(),
	}
}

func buildxFacts(ctx context.Context, env Env, job actions.Job) Tool {
	found, err := within(ctx, factTime, func(context.Context) (builders.Buildx, error) {
		return builders.AskBuildx(env.Docker)
	})
	checks := checksOf(env, job)
	checks.Buildx = found.Version
	return Tool{Version: found.Version, Notes: checks.CheckBuildx(), Err: err}
}

func builderFacts(ctx context.Context, env Env, job actions.Job, name string) Builder {
	b, err := within(ctx, builderTime, func(ctx context.Context) (*builders.Builder, error) {
		return builders.Examine(ctx, env.Docker, name)
	})
	if err != nil {
		return Builder{Err: err}
	}
	facts := Builder{Name: b.Name, Driver: b.Driver, Notes: b.Check(checksOf(env, job))}
	for _, n := range b.Nodes {
		facts.Nodes = append(facts.Nodes, Node{Name: n.Name, Running: n.Running, BuildKit: n.BuildKit, Engine: n.Engine.Version, GHA: n.GHA != nil && *n.GHA, Err: n.Err})
	}
	return facts
}

// serviceFacts looks up a key that nobody writes.
func serviceFacts(ctx context.Context, env Env, job actions.Job) *Probe {
	if job.ServiceURL() == "" {
		return nil
	}
	probe := &Probe{URL: job.ServiceURL()}
	runtime, err := runtimeclient.NewReader(job.ServiceURL(), job.Version, job.Token, env.UserAgent)
	if err != nil {
		probe.Err = err
		return probe
	}
	start := env.Now()
	_, probe.Err = within(ctx, factTime, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, runtime.Probe(ctx)
	})
	probe.Took = env.Now().Sub(start)
	answer := runtimeclient.AnswerOf(probe.Err)
	probe.Status, probe.Foreign = answer.Status, answer.Foreign
	return probe
}
