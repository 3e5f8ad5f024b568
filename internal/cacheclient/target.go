package cacheclient

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/cli/go-gh/v2/pkg/auth"
	"github.com/cli/go-gh/v2/pkg/repository"
	names "github.com/docker-ghacache/docker-ghacache/internal/github"
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker-ghacache/docker-ghacache/internal/lazyregexp"
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

// Sources are the places where repository, API and token can be set.
type Sources struct {
	Repo   string // --repo: [HOST/]OWNER/NAME or a URL
	Lookup func(name string) (string, bool)

	// The values of the Actions variables; each may be empty.
	Repository string // $GITHUB_REPOSITORY
	APIURL     string // $GITHUB_API_URL
	JobToken   string // $GITHUB_TOKEN
}

const dotcom = "github.com"

// Target finds the repository: the one given, or the job's, or the one that gh
// finds in the remotes of the Git repository in the current folder. The host comes
// from the repository, or $GITHUB_API_URL, or $GH_HOST, or is github.com.
func (s Sources) Target() (Target, error) {
	host := cmp.Or(s.get("GH_HOST"), dotcom)
	var job *url.URL
	if s.APIURL != "" {
		var err error
		if job, err = parseAPI(s.APIURL); err != nil {
			return Target{}, err
		}
		host = hostOf(job)
	}
	repo, err := s.repository(host)
	if err != nil {
		return Target{}, err
	}
	for _, name := range []string{repo.Owner, repo.Name} {
		if !nameRE().MatchString(name) {
			return Target{}, hint.With(fmt.Errorf("%q is not a valid owner or name of a repository", name), hintRepo)
		}
	}
	host = normalize(repo.Host)
	api, err := apiOf(host, job)
	if err != nil {
		return Target{}, err
	}
	return Target{Host: host, APIURL: api, Owner: repo.Owner, Repo: repo.Name}, nil
}

const hintRepo = "--repo [HOST/]OWNER/NAME"

// nameRE accepts no name that changes the path of a URL, such as "..".
var nameRE = lazyregexp.New(`^[A-Za-z0-9_.-]*[A-Za-z0-9_-][A-Za-z0-9_.-]*$`)

func (s Sources) repository(host string) (repository.Repository, error) {
	named := cmp.Or(s.Repo, s.Repository)
	if named == "" {
		repo, err := repository.Current()
		if err != nil {
			return repo, notFound(err)
		}
		return repo, nil
	}
	repo, err := repository.ParseWithHost(named, host)
	if err != nil {
		return repo, hint.With(fmt.Errorf("reading repository %q: %w", named, err), hintRepo)
	}
	return repo, nil
}

// notFound makes one line of what go-gh says. If git failed, that is git's first line.
func notFound(err error) error {
	git, failed := strings.CutPrefix(err.Error(), "failed to run git: ")
	line, _, _ := strings.Cut(strings.TrimPrefix(git, "fatal: "), "\n")
	err = fmt.Errorf("finding the repository: %s", line)
	if failed {
		return hint.With(err, hintRepo)
	}
	return hint.With(err, hintRepo+"\ngh auth login") // go-gh knows the hosts that gh has logged in to
}

// Job reports whether t is the repository of this job, on the host of this job. The
// runtime token of the job is for that repository only. Job is false if the
// variables are incomplete, because several hosts can have a repository of the same
// name.
func (s Sources) Job(t Target) bool {
	return s.ownAPI(t) && strings.EqualFold(s.Repository, t.Owner+"/"+t.Repo)
}

// apiOf returns the API of a host: the job's API if it is on that host, otherwise
// the one where GitHub has it.
func apiOf(host string, job *url.URL) (string, error) {
	if job != nil && hostOf(job) == host {
		return job.String(), nil
	}
	base := "https://" + host + "/api/v3"
	if names.Server(host) {
		base = "https://api." + host
	}
	u, err := parseAPI(base)
	if err != nil || hostOf(u) != host { // "evil.example#.ghe.com" would get GitHub's token
		return "", hint.With(errors.New("the host of the repository is not a host name"), hintRepo)
	}
	return u.String(), nil
}

func (s Sources) get(name string) string {
	value, _ := s.Lookup(name)
	return strings.TrimSpace(value)
}

// parseAPI does not quote the URL in errors, because it may hold a password.
func parseAPI(base string) (*url.URL, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, hint.With(errors.New("the URL of GitHub's API is not an HTTP URL"), "GITHUB_API_URL=https://HOST/api/v3")
	}
	return &url.URL{Scheme: u.Scheme, Host: strings.ToLower(u.Host), Path: strings.TrimRight(u.Path, "/") + "/"}, nil
}

// hostOf returns the host that an API serves.
func hostOf(api *url.URL) string {
	if host, ok := strings.CutPrefix(api.Host, "api."); ok && names.Server(host) {
		return host
	}
	return api.Host
}

// normalize keeps a port, which gh's function would not.
func normalize(host string) string {
	if strings.Contains(host, ":") {
		return strings.ToLower(host)
	}
	return auth.NormalizeHostname(host)
}
