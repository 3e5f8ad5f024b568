package diagnose

import (
	"fmt"
	"strings"
	"time"
)

// soon is how long before its end a token is too old to start a build with.
const soon = 10 * time.Minute

func variables(f Facts) Check {
	r := f.Runtime
	if !r.Job && !r.Token && r.URL == "" {
		return skip("not in a job")
	}
	c := fine("%s, version %d, %s", r.Service, r.Version, evidence(r.URL))
	switch {
	case !r.Token:
		c.Detail = r.Service
		return c.fail("the step does not see ACTIONS_RUNTIME_TOKEN: buildx drops the cache without a word", strings.Split(r.Expose, "\n")...)
	case r.URL == "":
		c.Detail = r.Service
		return c.fail("the step sees a token and no URL of a cache service it could use", strings.Split(r.Expose, "\n")...)
	case r.Version == 1 && !r.HasV1:
		return c.fail(r.Service+" has no version 1 of the cache service any more", migrate)
	case r.Version == 2 && !r.HasV2:
		return c.fail(r.Service+" has no version 2 of the cache service", "version=1   # in the cache option")
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
		return Check{}.fail(evidence(f.Grant.Problem), "update the cache server: its tokens need the claims ac, exp and nbf", exposeRuntime)
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
	if f.Grant.Expires.IsZero() {
		return skip("the token names no end")
	}
	left := f.Grant.Expires.Sub(f.Now).Round(time.Second)
	c := fine("expires in %s, at %s", left, f.Grant.Expires.UTC().Format(time.RFC3339))
	switch {
	case left <= 0:
		c.Detail = "expired at " + f.Grant.Expires.UTC().Format(time.RFC3339)
		return c.fail("BuildKit refuses an expired token, whatever ignore-error says", retry)
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
		return skip("the workflow sets none")
	case "write":
		return c
	case "read":
		return c.warn("the workflow does not write caches", fix)
	case "write-only":
		return c.fail("BuildKit reads before it writes: write-only is of no use to it", fix)
	case "none":
		return c.fail("the workflow uses no caches", fix)
	}
	return c.warn("the mode is not known", fix)
}

func service(f Facts) Check {
	p := f.Service
	if p == nil {
		return skip("no runtime to ask with")
	}
	if p.Err != nil {
		return failed(p.Err, status, retry)
	}
	c := fine("answered within %s", p.Took.Round(time.Millisecond))
	if !f.Runtime.Loopback || f.Builder.Driver != "docker-container" && f.Builder.Driver != "kubernetes" {
		return c
	}
	for _, n := range f.Builder.Nodes {
		if !n.HostNetwork {
			return c.warn(fmt.Sprintf("node %s has a network of its own and does not reach %s", n.Name, evidence(p.URL)), newBuilder+" --driver-opt network=host")
		}
	}
	return c
}
