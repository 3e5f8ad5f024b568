package actions

import (
	"strconv"
	"strings"
	"time"

	"github.com/docker-ghacache/docker-ghacache/cacheopts"
)

// Lookup reads one environment variable, as os.LookupEnv does.
type Lookup func(name string) (string, bool)

// Job is a job and its cache service, as the environment describes them.
type Job struct {
	Runner  bool    // a runner started this process
	Service Service // who runs the cache service
	Version int     // cache service version to use: 1, 2, or 0 when nothing tells

	Token      string // ACTIONS_RUNTIME_TOKEN, a secret
	ResultsURL string // ACTIONS_RESULTS_URL, the v2 service
	CacheURL   string // ACTIONS_CACHE_URL, the v1 service
	Mode       Mode   // ACTIONS_CACHE_MODE

	RunID       int64  // GITHUB_RUN_ID; 0 if there is none
	Event       string // GITHUB_EVENT_NAME
	EventFile   string // GITHUB_EVENT_PATH, the event that started the workflow, as JSON
	Repository  string // GITHUB_REPOSITORY, owner/name
	Ref         string // GITHUB_REF
	APIURL      string // GITHUB_API_URL
	SummaryFile string // GITHUB_STEP_SUMMARY
	GitHubToken string // GITHUB_TOKEN, a secret

	Warnings []string // what was read in another way than it was written
}

// FromEnv reads the job from the environment. Empty variables count as
// absent.
func FromEnv(lookup Lookup) Job {
	get := func(name string) string {
		value, _ := lookup(name)
		return strings.TrimSpace(value)
	}
	r := Job{
		Runner:      truthy(get("GITHUB_ACTIONS")) || truthy(get("GITEA_ACTIONS")) || truthy(get("FORGEJO_ACTIONS")),
		Token:       get("ACTIONS_RUNTIME_TOKEN"),
		ResultsURL:  get("ACTIONS_RESULTS_URL"),
		CacheURL:    get("ACTIONS_CACHE_URL"),
		Event:       get("GITHUB_EVENT_NAME"),
		EventFile:   get("GITHUB_EVENT_PATH"),
		Repository:  get("GITHUB_REPOSITORY"),
		Ref:         get("GITHUB_REF"),
		APIURL:      get("GITHUB_API_URL"),
		SummaryFile: get("GITHUB_STEP_SUMMARY"),
		GitHubToken: get("GITHUB_TOKEN"),
	}
	r.RunID, _ = strconv.ParseInt(get("GITHUB_RUN_ID"), 10, 64) // 0 is as good as what is no number
	var warning string
	if r.Mode, warning = parseMode(get("ACTIONS_CACHE_MODE")); warning != "" {
		r.Warnings = append(r.Warnings, warning)
	}
	flag, warning := parseFlag(get("ACTIONS_CACHE_SERVICE_V2"))
	if warning != "" {
		r.Warnings = append(r.Warnings, warning)
	}
	r.Service = service(get, r)
	r.Version = r.version(flag)
	return r
}

// version is the version of the service that a build should use; 0 if unknown.
func (r Job) version(flag v2Flag) int {
	switch {
	case r.Service.HasV2() && !r.Service.HasV1():
		return 2
	case r.Service.HasV1() && !r.Service.HasV2():
		return 1
	case flag == v2On:
		return 2
	case flag == v2Off && r.CacheURL != "":
		return 1
	case r.CacheURL != "":
		// The results URL does not prove version 2, because it also serves
		// artifacts.
		return 1
	case r.ResultsURL != "":
		return 2
	}
	return 0
}

// ServiceURL is the URL of the service for the version to use; empty if unknown.
func (r Job) ServiceURL() string {
	if r.Version == 2 {
		return r.ResultsURL
	}
	return r.CacheURL
}

// CacheRuntime returns the runtime for [cacheopts.Complete].
func (r Job) CacheRuntime(now time.Time) cacheopts.Runtime {
	rt := cacheopts.Runtime{
		Job:        r.Runner,
		Token:      r.Token,
		Inspect:    r.Grant,
		Version:    r.Version,
		V1Gone:     !r.Service.HasV1(),
		URL:        r.CacheURL,
		URLV2:      r.ResultsURL,
		Repository: r.Repository,
		GHToken:    r.GitHubToken,
		Now:        now,
	}
	if !r.Service.HasV2() {
		rt.V1Only = r.Service.String()
	}
	return rt
}
