package cacheclient

import (
	"fmt"
	"slices"

	"github.com/cli/go-gh/v2/pkg/auth"
	names "github.com/docker-ghacache/docker-ghacache/internal/github"
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
)

// Token returns the token for a target. gh's rules tell which one is for which
// host: GH_TOKEN and GITHUB_TOKEN for github.com and *.ghe.com, their
// ENTERPRISE namesakes for other hosts, and gh's own login. Beyond them, the
// GITHUB_TOKEN of a job is for the API of that job, whatever its host, and for no
// other.
func (s Sources) Token(t Target) (string, error) {
	for _, token := range s.candidates(t) {
		if token != "" {
			return token, nil
		}
	}
	// The variables were looked at above, by stricter rules than those in there.
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

// ownAPI reports whether t is answered by the API that the job names.
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
