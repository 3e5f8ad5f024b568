package serving

import (
	"fmt"
	"strings"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
	"github.com/docker-ghacache/docker-ghacache/internal/github"
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
)

// tokenLifetime outlasts what a service on one machine is left running for.
const tokenLifetime = 30 * 24 * time.Hour

// defaultBranch is the one of a served repository. A job that writes it may do everything.
const defaultBranch = "main"

// ParseRefs reads REF and REF:ro. A short name is a branch. Its errors are errors of the
// command line.
func ParseRefs(words []string) ([]cacheserver.RefAccess, error) {
	var refs []cacheserver.RefAccess
	for _, ref := range words {
		ref, readOnly := strings.CutSuffix(ref, ":ro")
		if ref == "" || strings.ContainsAny(ref, ": \t\n") {
			return nil, hint.Usage(fmt.Errorf("%q is not a ref", ref), "--ref refs/heads/main, or --ref refs/heads/main:ro to read only")
		}
		if !strings.HasPrefix(ref, "refs/") {
			ref = github.Branch(ref)
		}
		refs = append(refs, cacheserver.RefAccess{Ref: ref, Write: !readOnly})
	}
	return refs, nil
}

// RuntimeToken is the runtime token of a job with access to refs.
func RuntimeToken(issuer *cacheserver.Issuer, refs []cacheserver.RefAccess) (string, error) {
	return issuer.RuntimeToken(refs, tokenLifetime)
}

// RESTToken is the token of such a job for the REST API.
func RESTToken(issuer *cacheserver.Issuer, refs []cacheserver.RefAccess) (string, error) {
	return issuer.JobRESTToken(refs, defaultBranch, tokenLifetime)
}

// JobEnvironment is the environment of such a job on a service at a URL.
func JobEnvironment(issuer *cacheserver.Issuer, base string, refs []cacheserver.RefAccess) ([]cacheserver.Variable, error) {
	runtime, err := RuntimeToken(issuer, refs)
	if err != nil {
		return nil, err
	}
	rest, err := RESTToken(issuer, refs)
	if err != nil {
		return nil, err
	}
	return issuer.Environment(base, runtime, rest), nil
}
