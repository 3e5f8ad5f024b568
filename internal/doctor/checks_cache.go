package doctor

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/diagnose"
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker/go-units"
)

const (
	full   = 0.9 // of the limit: evictions are near
	scarce = 0.1 // of the requests in an hour
)

func restToken(f Facts) Check {
	r := f.REST
	switch {
	case r.Token:
		return fine("for %s", r.Repository)
	case r.Err == nil:
		return skip("not asked")
	}
	return Check{}.warn(diagnose.Evidence(r.Err.Error())+"; ls, du and prune need it", lines(hint.Of(r.Err))...)
}

// restPermission warns at most: builds do not use the REST API, unless they are given ghtoken.
func restPermission(f Facts) Check {
	r := f.REST
	switch {
	case !r.Token:
		return skip("no token or no repository")
	case r.Err == nil:
		return fine("lists the caches")
	}
	found := fine("%s", diagnose.Evidence(r.Err.Error()))
	silent, isSilent := errors.AsType[Silence](r.Err)
	switch {
	case isSilent:
		return fine("%s", r.Repository).warn(silent.Error()+": ls, du and prune wait for this API as well", diagnose.StatusPage)
	case r.Limited:
		return found.warn("the REST API refuses requests of this token, because there were too many", r.again())
	case r.Foreign:
		return found.warn("the answer is not one of GitHub's REST API: a proxy, or another server", "echo $GITHUB_API_URL $GH_HOST $HTTPS_PROXY", "--repo HOST/OWNER/NAME")
	case r.Status == unauthorized:
		return found.warn("the token is not valid, or has expired", lines(hint.Of(r.Err))...)
	case r.Status == forbidden:
		return found.warn("the token may not list the caches of "+r.Repository, lines(hint.Of(r.Err))...)
	case r.Status == notFound:
		return found.warn(r.Repository+" does not exist, or the token may not see it", append([]string{"--repo [HOST/]OWNER/NAME"}, lines(hint.Of(r.Err))...)...)
	}
	return failed(r.Err, diagnose.StatusPage).mild()
}

func (r REST) again() string {
	if r.Until.IsZero() {
		return "wait some minutes"
	}
	return "wait until " + r.Until.UTC().Format(time.RFC3339)
}

func restRate(f Facts) Check {
	r := f.REST
	if r.Limit == 0 {
		return skip("not known")
	}
	c := fine("%d of %d requests left", r.Remaining, r.Limit)
	again := "wait until " + r.Reset.UTC().Format(time.RFC3339)
	switch {
	case r.Remaining == 0:
		return c.warn("the REST API answers no more in this hour", again)
	case float64(r.Remaining) < scarce*float64(r.Limit):
		return c.warn("few requests are left in this hour", again)
	}
	return c
}

func usage(f Facts) Check {
	u := f.Usage
	if u == nil {
		return skip("not asked")
	}
	if u.Err != nil {
		return fine("%s", diagnose.Evidence(u.Err.Error())).warn("the cache could not be listed, so its size is not known", "docker ghacache du")
	}
	size := units.BytesSize(float64(u.Bytes))
	if u.Limit == 0 && u.LimitErr != nil {
		return fine("%s in %d entries", size, u.Entries).warn("the limit is not known: "+diagnose.Evidence(u.LimitErr.Error()), "docker ghacache du")
	}
	if u.Limit == 0 {
		return fine("%s in %d entries", size, u.Entries)
	}
	share := float64(u.Bytes) / float64(u.Limit)
	c := fine("%s of %s (%.0f%%) in %d entries", size, units.BytesSize(float64(u.Limit)), 100*share, u.Entries)
	fix := []string{"docker ghacache du", "docker ghacache prune"}
	switch {
	case share >= 1:
		return c.warn("the limit is reached: GitHub evicts what was used least recently, layers of living caches among it", fix...)
	case share >= full:
		return c.warn("the limit is near, and GitHub evicts beyond it", fix...)
	}
	return c
}

func integrity(f Facts) Check {
	if len(f.Indexes) == 0 {
		return skip("no index can be read from here")
	}
	layers := 0
	for _, i := range f.Indexes {
		layers += i.Layers
		if i.Missing > 0 {
			return fine("scope %q on %s: %d of %d layers are missing", i.Scope, i.Ref, i.Missing, i.Layers).
				warn("the index references layers that were evicted: builds run those steps again", "docker ghacache inspect "+hint.Word(i.Scope))
		}
	}
	if err := firstError(f.Indexes, func(i Index) (string, error) { return fmt.Sprintf("scope %q on %s", i.Scope, i.Ref), i.Err }); err != nil {
		return fine("%s", diagnose.Evidence(err.Error())).warn("an index could not be read", "docker ghacache ls")
	}
	return fine("%s, %s, none missing", count(len(f.Indexes), "index", "indexes"), count(layers, "layer", "layers"))
}

func scopes(f Facts) Check {
	if len(f.Scopes) == 0 {
		return skip("no scope known")
	}
	var shared []string
	known := 0
	for _, s := range f.Scopes {
		if s.Shared {
			shared = append(shared, fmt.Sprintf("%q on %s", s.Name, s.Ref))
		}
		if !s.Unread {
			known++
		}
	}
	switch {
	case known == 0:
		return skip("no index can be read from here")
	case len(shared) == 0:
		return fine("%s, no sign of several builds in one", count(known, "scope", "scopes"))
	}
	them := "this scope"
	if len(shared) > 1 {
		them = "these scopes"
	}
	return fine("%s", strings.Join(shared, ", ")).
		warn("probably several builds write "+them+", and the last one wins", "scope=NAME   # one for each image and platform", "docker ghacache bake --gha-scope-per-target")
}
