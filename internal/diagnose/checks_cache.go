package diagnose

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/docker/go-units"
)

const (
	full    = 0.9             // of the limit: evictions are near
	scarce  = 0.1             // of the requests in an hour
	rewrite = 2 * time.Minute // two writes of one scope this close are two builds at once
)

func restToken(f Facts) Check {
	switch {
	case f.REST.Token:
		return fine("for %s", cmp.Or(f.REST.Repository, "no repository"))
	case f.Runtime.Job:
		return Check{}.warn("ls, du and prune need a token for the REST API", "env: {GITHUB_TOKEN: '${{ github.token }}'}   # on the step")
	}
	return Check{}.warn("ls, du and prune need a token for the REST API", "gh auth login", "GH_TOKEN=…")
}

func restPermission(f Facts) Check {
	r := f.REST
	switch {
	case !r.Asked:
		return skip("not asked")
	case r.Err == nil && r.CanDelete == nil:
		return fine("lists the caches")
	case r.Err == nil && *r.CanDelete:
		return fine("lists and deletes the caches")
	case r.Err == nil:
		return fine("lists the caches").warn("the token may not delete caches, which prune needs", "permissions: {actions: write}   # a classic token: scope repo")
	case r.Status == 401:
		return failed(r.Err, "gh auth refresh").fail("the token is not valid", "gh auth refresh", "GH_TOKEN=…")
	case r.Status == 403, r.Status == 404:
		return failed(r.Err).fail("the token may not list the caches of "+r.Repository, "permissions: {actions: read}   # a classic token: scope repo")
	}
	return failed(r.Err, status)
}

func restRate(f Facts) Check {
	r := f.REST
	if r.Limit == 0 {
		return skip("not asked")
	}
	c := fine("%d of %d requests left", r.Remaining, r.Limit)
	again := "wait until " + r.Reset.UTC().Format(time.RFC3339)
	switch {
	case r.Remaining == 0:
		return c.fail("the REST API answers no more in this hour", again)
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
		return failed(u.Err).warn("the usage is not known")
	}
	size := units.BytesSize(float64(u.Bytes))
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
		return skip("no index that this token can read")
	}
	layers := 0
	for _, i := range f.Indexes {
		layers += i.Layers
		if i.Missing > 0 {
			return fine("scope %q on %s: %d of %d layers are missing", i.Scope, i.Ref, i.Missing, i.Layers).
				fail("the index names layers that were evicted: builds that need one fail",
					"docker ghacache inspect "+i.Scope, "docker ghacache prune --scope "+i.Scope)
		}
	}
	if err := firstError(f.Indexes, func(i Index) (string, error) { return fmt.Sprintf("scope %q on %s", i.Scope, i.Ref), i.Err }); err != nil {
		return failed(err).warn("an index could not be read", "docker ghacache ls")
	}
	return fine("%s, %s, none missing", count(len(f.Indexes), "index", "indexes"), count(layers, "layer", "layers"))
}

func scopes(f Facts) Check {
	if len(f.Scopes) == 0 {
		return skip("no scope known")
	}
	var collide []string
	for _, s := range f.Scopes {
		if s.Disjoint || tooClose(s.Writes) {
			collide = append(collide, fmt.Sprintf("%q on %s", s.Name, s.Ref))
		}
	}
	if len(collide) == 0 {
		return fine("%s, none written by several builds", count(len(f.Scopes), "scope", "scopes"))
	}
	return fine("%s", strings.Join(collide, ", ")).
		warn("several builds write this scope, and the last one wins", "scope=NAME   # one for each image and platform", "docker ghacache bake --gha-scope-per-target")
}

// tooClose reports whether two writes are closer than one build can follow another.
func tooClose(writes []time.Time) bool {
	sorted := slices.SortedFunc(slices.Values(writes), time.Time.Compare)
	for i := 1; i < len(sorted); i++ {
		if sorted[i].Sub(sorted[i-1]) < rewrite {
			return true
		}
	}
	return false
}
