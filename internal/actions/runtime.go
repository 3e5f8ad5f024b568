package actions

import (
	"strconv"
	"strings"
	"time"

	"github.com/docker-ghacache/docker-ghacache/cacheopts"
)

// Lookup reads one environment variable, as os.LookupEnv does.
type Lookup func(name string) (string, bool)

// Runtime is what the environment says about the job and its cache service.
type Runtime struct {
	Job     bool    // a runner started this process
	Service Service // who runs the cache service
	Version int     // cache service version to use: 1, 2, or 0 when nothing tells

	Token      string // ACTIONS_RUNTIME_TOKEN, a secret
	ResultsURL string // ACTIONS_RESULTS_URL, the v2 service
	CacheURL   string // ACTIONS_CACHE_URL, the v1 service
	Mode       Mode   // ACTIONS_CACHE_MODE

	RunID       int64  // GITHUB_RUN_ID; 0 if there is none
	Event       string // GITHUB_EVENT_NAME
	Repository  string // GITHUB_REPOSITORY, owner/name
	Ref         string // GITHUB_REF
	APIURL      string // GITHUB_API_URL
	SummaryFile string // GITHUB_STEP_SUMMARY
	GitHubToken string // GITHUB_TOKEN, a secret

	Warnings []string // what was read in another way than it was written
}

// FromEnv reads the runtime from the environment. Empty variables count as
// absent.
func FromEnv(lookup Lookup) Runtime {
	get := func(name string) string {
		value, _ := lookup(name)
		return strings.TrimSpace(value)
	}
	r := Runtime{
		Job:         truthy(get("GITHUB_ACTIONS")) || truthy(get("GITEA_ACTIONS")) || truthy(get("FORGEJO_ACTIONS")),
		Token:       get("ACTIONS_RUNTIME_TOKEN"),
		ResultsURL:  get("ACTIONS_RESULTS_URL"),
		CacheURL:    get("ACTIONS_CACHE_URL"),
		Event:       get("GITHUB_EVENT_NAME"),
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

// version decides which version of the service a build should use.
func (r Runtime) version(flag v2Flag) int {
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
		// The results URL proves nothing: it is also where artifacts go.
		return 1
	case r.ResultsURL != "":
		return 2
	}
	return 0
}

// ServiceURL is where the service of the version to use is, empty if unknown.
func (r Runtime) ServiceURL() string {
	if r.Version == 2 {
		return r.ResultsURL
	}
	return r.CacheURL
}

// CacheRuntime is the runtime as cacheopts completes entries for it.
func (r Runtime) CacheRuntime(now time.Time) cacheopts.Runtime {
	rt := cacheopts.Runtime{
		Job:        r.Job,
		Token:      r.Token,
		Inspect:    r.Grant,
		Version:    r.Version,
		V1Gone:     !r.Service.HasV1(),
		URL:        r.CacheURL,
		URLV2:      r.ResultsURL,
		Repository: r.Repository,
		GHToken:    r.GitHubToken,
		Expose:     r.Service.Expose(),
		Now:        now,
	}
	if !r.Service.HasV2() {
		rt.V1Only = r.Service.String()
	}
	return rt
}
