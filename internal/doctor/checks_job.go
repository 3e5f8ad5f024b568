package doctor

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/diagnose"
	"github.com/docker-ghacache/docker-ghacache/internal/release"
)

// soon is how long before its end a token is too old to start a build with.
const soon = 10 * time.Minute

func variables(f Facts) Check {
	r := f.Runtime
	if !r.Job && !r.Token && r.URL == "" {
		return skip("not in a job")
	}
	c := fine("%s, version %d, %s", r.Service, r.Version, diagnose.Evidence(r.URL))
	switch {
	case !r.Token:
		c.Detail = r.Service
		return c.fail("the step does not see ACTIONS_RUNTIME_TOKEN: buildx drops the cache without a word", lines(r.Expose)...)
	case r.URL == "":
		c.Detail = r.Service
		return c.fail("the step sees a token and no URL of a cache service it could use", lines(r.Expose)...)
	case len(r.Warnings) > 0:
		return c.warn(strings.Join(r.Warnings, "; "))
	}
	return c
}

func claims(f Facts) Check {
	if !f.Runtime.Token {
		return skip("no runtime token")
	}
	if f.Grant.Problem != "" {
		return Check{}.fail(diagnose.Evidence(f.Grant.Problem), "update the cache server: its tokens need the claims ac, exp and nbf", release.Expose)
	}
	return fine("%s", strings.Join(f.Runtime.Refs, ", "))
}

func permissions(f Facts) Check {
	if !f.hasToken() {
		return skip("no usable runtime token")
	}
	switch {
	case f.Grant.NoRead != "":
		return Check{}.fail(f.Grant.NoRead, "leave the gha cache out of this workflow, or permit it to read")
	case f.Grant.ReadOnly != "":
		return fine("read only").warn(f.Grant.ReadOnly, "leave --cache-to out where the token only reads; docker ghacache build does so by itself")
	}
	return fine("read, write")
}

func (f Facts) hasToken() bool { return f.Runtime.Token && f.Grant.Problem == "" }

func expiry(f Facts) Check {
	if !f.hasToken() {
		return skip("no usable runtime token")
	}
	left := f.Grant.Expires.Sub(f.Now).Round(time.Second)
	c := fine("expires in %s, at %s", left, f.Grant.Expires.UTC().Format(time.RFC3339))
	switch {
	case left <= 0:
		c.Detail = "expired at " + f.Grant.Expires.UTC().Format(time.RFC3339)
		return c.fail("BuildKit refuses an expired token, whatever ignore-error says", f.anotherToken()[0])
	case left < soon && !f.Runtime.Job:
		return c.warn("a build may outlive it", f.anotherToken()[0])
	case left < soon:
		return c.warn("a build may outlive it", "split the job, so that the build starts earlier")
	}
	return c
}

func mode(f Facts) Check {
	c := fine("%s", f.Runtime.Mode)
	const fix = "cache-mode: write   # in the workflow or the job; on untrusted triggers it lets strangers poison the cache"
	switch f.Runtime.Mode {
	case "":
		return skip("the workflow sets no cache-mode")
	case "write":
		return c
	case "read":
		return c.warn("the workflow does not write caches", fix)
	case "write-only":
		return c.fail("BuildKit reads before it writes: write-only is of no use to it", fix)
	case "none":
		return c.fail("the workflow uses no caches", fix)
	}
	return skip("the mode is not known")
}

// slow is how long a lookup may take: a build makes one for each layer.
const slow = 2 * time.Second

func service(f Facts) Check {
	p := f.Service
	switch {
	case f.Runtime.Token && !f.usable():
		return skip("no usable runtime token")
	case p == nil:
		return skip("no runtime token")
	}
	if p.Err != nil {
		return f.refused(fine("%s", diagnose.Evidence(p.Err.Error())))
	}
	c := fine("answered within %s", p.Took.Round(time.Millisecond))
	if p.Took > slow {
		return c.warn("the service is slow: a build asks it about each layer", diagnose.StatusPage)
	}
	return c
}

// refused says why the lookup failed.
func (f Facts) refused(found Check) Check {
	p := f.Service
	silent, isSilent := errors.AsType[Silence](p.Err)
	switch {
	case isSilent:
		found.Detail = diagnose.Evidence(p.URL)
		return found.fail(silent.Error()+": a build that uses the cache waits for this service as well", diagnose.StatusPage, diagnose.Retry)
	case p.Foreign:
		return found.fail("the answer is not one of a cache service: a proxy, or another server", "echo $ACTIONS_RESULTS_URL $ACTIONS_CACHE_URL $HTTPS_PROXY", diagnose.BypassProxy)
	case p.Status == unauthorized, p.Status == forbidden:
		return found.fail("the service refuses the runtime token: it is that of another service, or of a job that has ended", f.anotherToken()...)
	case p.Status == notFound:
		return found.fail(fmt.Sprintf("no cache service of version %d answers at this URL", f.Runtime.Version), "echo $ACTIONS_RESULTS_URL $ACTIONS_CACHE_URL $ACTIONS_CACHE_SERVICE_V2", "docker ghacache migrate-v2")
	case p.Status == tooMany:
		return found.warn("the service refuses requests, because there were too many: BuildKit waits and tries again", "timeout=20m   # BuildKit tries this long, 10m by default", "mode=min   # fewer requests")
	}
	return failed(p.Err, diagnose.StatusPage, diagnose.Retry)
}

// anotherToken says how a token is replaced that is of no use any more.
func (f Facts) anotherToken() []string {
	if !f.Runtime.Job {
		return []string{"export ACTIONS_RUNTIME_TOKEN=$(docker ghacache serve token)   # with the --dir of the service, if it has one"}
	}
	return append([]string{diagnose.Retry}, lines(f.Runtime.Expose)...)
}

// usable says that the runtime token can be used now.
func (f Facts) usable() bool { return f.hasToken() && f.Grant.Expires.After(f.Now) }
