package cacheclient

import (
	"cmp"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/cli/go-gh/v2/pkg/auth"
	"github.com/cli/go-gh/v2/pkg/repository"
)

// Target is a repository and the API that answers for it.
type Target struct {
	Host   string // github.com; with a port where the API has one
	APIURL string // ends in a slash
	Owner  string
	Repo   string
}

// String returns owner/name, behind the host unless that is github.com.
func (t Target) String() string {
	name := t.Owner + "/" + t.Repo
	if t.Host == dotcom {
		return name
	}
	return t.Host + "/" + name
}

// Sources are the places that name repository, API and token.
type Sources struct {
	Repo   string // --repo: [HOST/]OWNER/NAME or a URL
	Lookup func(name string) (string, bool)

	// What the Actions variables say; each may be empty.
	Repository string // $GITHUB_REPOSITORY
	APIURL     string // $GITHUB_API_URL
	JobToken   string // $GITHUB_TOKEN
}

const dotcom = "github.com"

// Target finds the repository: the one given, that of the job, or the one that
// the remotes of the Git repository in the current folder name, as gh finds it. The
// host is the one named with the repository, else that of $GITHUB_API_URL, else
// $GH_HOST, else github.com.
func (s Sources) Target() (Target, error) {
	repo, err := s.repository()
	if err != nil {
		return Target{}, err
	}
	for _, name := range []string{repo.Owner, repo.Name} {
		if !nameRE.MatchString(name) {
			return Target{}, hinted{fmt.Errorf("%q is not part of a repository's name", name), hintRepo}
		}
	}
	api, err := s.api(repo.Host)
	if err != nil {
		return Target{}, err
	}
	return Target{Host: repo.Host, APIURL: api, Owner: repo.Owner, Repo: repo.Name}, nil
}

const hintRepo = "--repo [HOST/]OWNER/NAME"

// nameRE leaves no way out of the path that a name becomes part of.
var nameRE = regexp.MustCompile(`^[A-Za-z0-9_.-]*[A-Za-z0-9_-][A-Za-z0-9_.-]*$`)

func (s Sources) repository() (repository.Repository, error) {
	named := cmp.Or(s.Repo, s.Repository)
	if named == "" {
		current, err := repository.Current()
		if err != nil {
			return current, hinted{fmt.Errorf("finding the repository: %w", err), hintRepo + "\ngh auth login"}
		}
		current.Host = normalize(current.Host)
		return current, nil
	}
	host, err := s.host()
	if err != nil {
		return repository.Repository{}, err
	}
	repo, err := repository.ParseWithHost(named, host)
	if err != nil {
		return repo, hinted{fmt.Errorf("reading repository %q: %w", named, err), hintRepo}
	}
	repo.Host = normalize(repo.Host)
	return repo, nil
}

// host is the one to ask where the repository comes without.
func (s Sources) host() (string, error) {
	if s.APIURL != "" {
		u, err := parseAPI(s.APIURL)
		if err != nil {
			return "", err
		}
		return hostOf(u), nil
	}
	return normalize(cmp.Or(s.get("GH_HOST"), dotcom)), nil
}

// api is the base for host: what the job says where it is for that host, and
// otherwise where GitHub has it.
func (s Sources) api(host string) (string, error) {
	if s.APIURL != "" {
		u, err := parseAPI(s.APIURL)
		if err != nil {
			return "", err
		}
		if hostOf(u) == host {
			return u.String(), nil
		}
	}
	base := "https://" + host + "/api/v3/"
	if cloud(host) {
		base = "https://api." + host + "/"
	}
	u, err := parseAPI(base)
	if err != nil {
		return "", err
	}
	return u.String(), nil
}

func (s Sources) get(name string) string {
	value, _ := s.Lookup(name)
	return strings.TrimSpace(value)
}

// parseAPI never quotes what may hold a password.
func parseAPI(base string) (*url.URL, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, hinted{fmt.Errorf("the address of the API is not an HTTP URL"), "GITHUB_API_URL=https://HOST/api/v3"}
	}
	return &url.URL{Scheme: u.Scheme, Host: strings.ToLower(u.Host), Path: strings.TrimRight(u.Path, "/") + "/"}, nil
}

// hostOf is the host that an API is for.
func hostOf(api *url.URL) string {
	if host, ok := strings.CutPrefix(api.Host, "api."); ok && cloud(host) {
		return host
	}
	return api.Host
}

// cloud reports whether GitHub runs the host.
func cloud(host string) bool { return host == dotcom || auth.IsTenancy(host) }

// normalize leaves a port alone, which gh's rules know nothing of.
func normalize(host string) string {
	if strings.Contains(host, ":") {
		return strings.ToLower(host)
	}
	return auth.NormalizeHostname(host)
}
