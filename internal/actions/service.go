package actions

import (
	"net/url"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/github"
	"github.com/docker-ghacache/docker-ghacache/internal/release"
)

// Service is the kind of the cache service.
type Service int

// The services differ in their versions. Version 1 ended on github.com on
// 2025-04-15 (https://gh.io/gha-cache-sunset). GitHub Enterprise Server, Gitea,
// Forgejo and act have no version 2, and their results URL serves artifacts.
const (
	Unknown Service = iota // nothing tells, or a service of somebody's own
	GitHub                 // github.com and *.ghe.com
	EnterpriseServer
	Gitea
	Forgejo
	Act
)

func (s Service) String() string {
	return [...]string{"the configured service", "GitHub", "GitHub Enterprise Server", "Gitea", "Forgejo", "act"}[s]
}

// HasV1 reports whether the service may have version 1.
func (s Service) HasV1() bool { return s != GitHub }

// HasV2 reports whether the service may have version 2.
func (s Service) HasV2() bool { return s == Unknown || s == GitHub }

// Expose says what gives a step the cache's variables. GitHub's runner hands them to
// JavaScript actions only. The runners of Gitea and
// Forgejo set them for every step, the URL where their cache is enabled; act sets
// the token beside its artifact server, and the URL unless told not to.
func (s Service) Expose() string {
	switch s {
	case Gitea, Forgejo:
		return "enable the cache in the runner's configuration:\n  cache:\n    enabled: true"
	case Act:
		return "act --artifact-server-path /tmp/artifacts, without --no-cache-server"
	}
	return "add this step before it:\n" + release.Expose
}

func service(get func(string) string, r Job) Service {
	switch {
	case truthy(get("ACT")):
		return Act
	case truthy(get("FORGEJO_ACTIONS")):
		return Forgejo
	case truthy(get("GITEA_ACTIONS")):
		return Gitea
	}
	server := host(get("GITHUB_SERVER_URL"))
	if server == "" {
		return serviceByURL(r)
	}
	cloud := github.Server(server)
	for _, u := range []string{r.ResultsURL, r.CacheURL} {
		if u != "" && !within(host(u), server) && !(cloud && github.Cloud(host(u))) {
			return Unknown // a cache server of the runner's operator
		}
	}
	if cloud {
		return GitHub
	}
	return EnterpriseServer
}

// serviceByURL is for processes without GITHUB_SERVER_URL: containers that got only
// the cache variables, and shells outside of a job.
func serviceByURL(r Job) Service {
	for _, u := range []string{r.ResultsURL, r.CacheURL} {
		if github.Cloud(host(u)) {
			return GitHub
		}
	}
	return Unknown
}

func host(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Hostname())
}

func within(host, domain string) bool { return host == domain || strings.HasSuffix(host, "."+domain) }
