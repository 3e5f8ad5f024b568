package cacheclient

import (
	"fmt"
	"slices"

	"github.com/cli/go-gh/v2/pkg/auth"
	names "github.com/docker-ghacache/docker-ghacache/internal/github"
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
)

// Token returns the token for a target, by gh's rules: GH_TOKEN and GITHUB_TOKEN
// for github.com and *.ghe.com, GH_ENTERPRISE_TOKEN and GITHUB_ENTERPRISE_TOKEN for
// other hosts, and gh's own login. In addition, the GITHUB_TOKEN of a job is used
// for the job's API, whatever its host, and only for that.
func (s Sources) Token(t Target) (string, error) {
	for _, token := range s.candidates(t) {
		if token != "" {
			return token, nil
		}
	}
	// candidates has read the variables, by stricter rules than go-gh's.
	token, source := auth.TokenForHost(t.Host)
	if token != "" && slices.Contains([]string{"oauth_token", "gh"}, source) {
		return token, nil
	}
	return "", hint.With(fmt.Errorf("no token for %s", t.Host), tokenHint(t.Host))
}

func (s Sources) candidates(t Target) []string {
	own := s.ownAPI(t)
	job := ""
	if own || s.APIURL == "" && names.Server(t.Host) {
		job = s.JobToken
	}
	if names.Server(t.Host) {
		return []string{s.get("GH_TOKEN"), job}
	}
	return []string{job, s.get("GH_ENTERPRISE_TOKEN"), s.get("GITHUB_ENTERPRISE_TOKEN")}
}

// ownAPI reports whether the job's API serves t.
func (s Sources) ownAPI(t Target) bool {
	u, err := parseAPI(s.APIURL)
	return err == nil && u.String() == t.APIURL
}

func tokenHint(host string) string {
	name := "GH_TOKEN"
	if !names.Server(host) {
		name = "GITHUB_TOKEN"
	}
	return fmt.Sprintf("gh auth login --hostname %s\nin a job: env: {%s: \"${{ github.token }}\"}", host, name)
}
