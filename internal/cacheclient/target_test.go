package cacheclient

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/hint"
)

func TestTarget(t *testing.T) {
	for name, test := range map[string]struct {
		sources Sources
		env     map[string]string
		want    Target
	}{
		"the repository given": {
			sources: Sources{Repo: "o/r"},
			want:    Target{"github.com", "https://api.github.com/", "o", "r"},
		},
		"a URL": {
			sources: Sources{Repo: "https://github.com/o/r.git"},
			want:    Target{"github.com", "https://api.github.com/", "o", "r"},
		},
		"a host given": {
			sources: Sources{Repo: "GHES.example/o/r"},
			want:    Target{"ghes.example", "https://ghes.example/api/v3/", "o", "r"},
		},
		"a tenant": {
			sources: Sources{Repo: "octo.ghe.com/o/r"},
			want:    Target{"octo.ghe.com", "https://api.octo.ghe.com/", "o", "r"},
		},
		"GH_HOST": {
			sources: Sources{Repo: "o/r"}, env: map[string]string{"GH_HOST": "ghes.example"},
			want: Target{"ghes.example", "https://ghes.example/api/v3/", "o", "r"},
		},
		"a job": {
			sources: Sources{Repository: "o/r", APIURL: "https://api.github.com"}, env: map[string]string{"GH_HOST": "ghes.example"},
			want: Target{"github.com", "https://api.github.com/", "o", "r"},
		},
		"a job of a tenant": {
			sources: Sources{Repository: "o/r", APIURL: "https://api.octo.ghe.com"},
			want:    Target{"octo.ghe.com", "https://api.octo.ghe.com/", "o", "r"},
		},
		"a job of an Enterprise Server": {
			sources: Sources{Repository: "o/r", APIURL: "https://ghes.example/api/v3"},
			want:    Target{"ghes.example", "https://ghes.example/api/v3/", "o", "r"},
		},
		"another repository in a job": {
			sources: Sources{Repo: "x/y", Repository: "o/r", APIURL: "https://ghes.example/api/v3"},
			want:    Target{"ghes.example", "https://ghes.example/api/v3/", "x", "y"},
		},
		"the job's host given": {
			sources: Sources{Repo: "ghes.example/x/y", Repository: "o/r", APIURL: "https://ghes.example/odd/"},
			want:    Target{"ghes.example", "https://ghes.example/odd/", "x", "y"},
		},
		"another host given in a job": {
			sources: Sources{Repo: "github.com/x/y", Repository: "o/r", APIURL: "https://ghes.example/api/v3"},
			want:    Target{"github.com", "https://api.github.com/", "x", "y"},
		},
		"the embedded service": {
			sources: Sources{Repository: "local/repo", APIURL: "http://127.0.0.1:4321/api/v3"},
			want:    Target{"127.0.0.1:4321", "http://127.0.0.1:4321/api/v3/", "local", "repo"},
		},
		"the embedded service given": {
			sources: Sources{Repo: "127.0.0.1:4321/local/repo", APIURL: "http://127.0.0.1:4321/api/v3"},
			want:    Target{"127.0.0.1:4321", "http://127.0.0.1:4321/api/v3/", "local", "repo"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			test.sources.Lookup = lookup(test.env)
			have, err := test.sources.Target()
			if err != nil {
				t.Fatal(err)
			}
			if have != test.want {
				t.Errorf("have %+v, want %+v", have, test.want)
			}
		})
	}
}

func TestTargetRejects(t *testing.T) {
	for name, s := range map[string]Sources{
		"one word":                {Repo: "r"},
		"four words":              {Repo: "a/b/c/d"},
		"a way out":               {Repo: "../.."},
		"a host that ends early":  {Repo: "evil.example#.ghe.com/o/r"},
		"a host with a password":  {Repo: "user:secret@host/o/r"},
		"a query":                 {Repo: "o/r?x=1"},
		"an empty owner":          {Repo: "/r"},
		"an API without host":     {Repo: "o/r", APIURL: "/api/v3"},
		"an API by FTP":           {Repo: "o/r", APIURL: "ftp://host/"},
		"an API of strange signs": {Repo: "o/r", APIURL: "http://user:secret@host:%zz/"},
	} {
		t.Run(name, func(t *testing.T) {
			s.Lookup = lookup(nil)
			target, err := s.Target()
			if err == nil || hint.Of(err) == "" || strings.Contains(err.Error(), "secret") {
				t.Errorf("have %+v, error %v, hint %q", target, err, hint.Of(err))
			}
		})
	}
}

func TestJobIsTheRepositoryOfThatNameOnThatHost(t *testing.T) {
	job := Sources{Repository: "o/r", APIURL: "https://api.github.com"}
	for name, test := range map[string]struct {
		job  Sources
		repo string
		want bool
	}{
		"itself":                        {job, "O/r", true},
		"itself, with the host":         {job, "github.com/o/r", true},
		"another name":                  {job, "o/fork", false},
		"the same name on another host": {job, "ghes.example/o/r", false},
		"a job without a name":          {Sources{APIURL: job.APIURL}, "o/r", false},
		"a job without an API":          {Sources{Repository: "o/r"}, "o/r", false},
		"no job":                        {Sources{}, "o/r", false},
	} {
		t.Run(name, func(t *testing.T) {
			sources := test.job
			sources.Repo, sources.Lookup = test.repo, lookup(nil)
			target, err := sources.Target()
			if err != nil {
				t.Fatal(err)
			}
			if have := sources.Job(target); have != test.want {
				t.Errorf("%s: %t", target, have)
			}
		})
	}
}

func TestTargetDropsAPasswordOfTheAPI(t *testing.T) {
	target, err := Sources{Repo: "o/r", APIURL: "https://user:secret@host/api/v3", Lookup: lookup(nil)}.Target()
	if err != nil || target.APIURL != "https://host/api/v3/" {
		t.Errorf("have %+v, error %v", target, err)
	}
}

func TestTargetComesFromTheGitRemote(t *testing.T) {
	git, err := exec.LookPath("git")
	if err != nil {
		t.Skip("no git")
	}
	t.Chdir(t.TempDir())
	run := func(args ...string) {
		if out, err := exec.CommandContext(t.Context(), git, args...).CombinedOutput(); err != nil {
			t.Fatalf("git %v: %s", args, out)
		}
	}
	s := Sources{Lookup: lookup(nil)}
	run("init", "-q")
	if _, err := s.Target(); err == nil || !strings.Contains(hint.Of(err), "--repo") {
		t.Errorf("without a remote: %v", err)
	}
	run("remote", "add", "origin", "git@ghes.example:o/r.git")
	have, err := s.Target()
	if want := (Target{"ghes.example", "https://ghes.example/api/v3/", "o", "r"}); err != nil || have != want {
		t.Errorf("have %+v, error %v", have, err)
	}
	run("remote", "add", "upstream", "https://github.com/up/stream")
	s.APIURL = "https://ghes.example/api/v3" // of another host than the remote's
	have, err = s.Target()
	if want := (Target{"github.com", "https://api.github.com/", "up", "stream"}); err != nil || have != want {
		t.Errorf("have %+v, error %v", have, err)
	}
}

func TestTargetPrintsTheHostWhereItMatters(t *testing.T) {
	for want, target := range map[string]Target{
		"o/r":              {Host: "github.com", Owner: "o", Repo: "r"},
		"ghes.example/o/r": {Host: "ghes.example", Owner: "o", Repo: "r"},
	} {
		if target.String() != want {
			t.Errorf("have %s, want %s", target, want)
		}
	}
}

func TestToken(t *testing.T) {
	everything := map[string]string{"GH_TOKEN": "gh", "GH_ENTERPRISE_TOKEN": "enterprise", "GITHUB_ENTERPRISE_TOKEN": "second"}
	for name, test := range map[string]struct {
		repo, api, job string
		env            map[string]string
		want           string
	}{
		"GH_TOKEN comes first on github.com":    {repo: "o/r", job: "job", env: everything, want: "gh"},
		"GITHUB_TOKEN comes next":               {repo: "o/r", job: "job", want: "job"},
		"gh's login comes last":                 {repo: "o/r", want: "login-github"},
		"a tenant is of GitHub":                 {repo: "octo.ghe.com/o/r", env: everything, want: "gh"},
		"an Enterprise Server has its own":      {repo: "ghes.example/o/r", job: "job", env: everything, want: "enterprise"},
		"an Enterprise Server's second":         {repo: "ghes.example/o/r", env: map[string]string{"GITHUB_ENTERPRISE_TOKEN": "second"}, want: "second"},
		"an Enterprise Server's login":          {repo: "ghes.example/o/r", job: "job", env: map[string]string{"GH_TOKEN": "gh"}, want: "login-ghes"},
		"a job of an Enterprise Server":         {repo: "o/r", api: "https://ghes.example/api/v3", job: "job", env: everything, want: "job"},
		"the embedded service":                  {repo: "o/r", api: "http://127.0.0.1:1/api/v3", job: "job", env: everything, want: "job"},
		"a job's token stays with its server":   {repo: "octo.ghe.com/o/r", api: "https://api.github.com", job: "job"},
		"a job's token does not leave GHES":     {repo: "github.com/o/r", api: "https://ghes.example/api/v3", job: "job"},
		"gh's token does not go to other hosts": {repo: "other.example/o/r", job: "job", env: map[string]string{"GH_TOKEN": "gh"}},
		"a login does not go to other hosts":    {repo: "other.example/o/r"},
		"blanks are no token":                   {repo: "other.example/o/r", env: map[string]string{"GH_ENTERPRISE_TOKEN": " "}},
	} {
		t.Run(name, func(t *testing.T) {
			if test.job != "" {
				t.Setenv("GITHUB_TOKEN", test.job) // go-gh reads the environment itself, and has other rules
			}
			s := Sources{Repo: test.repo, APIURL: test.api, JobToken: test.job, Lookup: lookup(test.env)}
			target, err := s.Target()
			if err != nil {
				t.Fatal(err)
			}
			have, err := s.Token(target)
			if have != test.want || (err == nil) != (test.want != "") {
				t.Errorf("have %q, error %v, want %q", have, err, test.want)
			}
			if err != nil && !strings.Contains(hint.Of(err), "gh auth login --hostname "+target.Host) {
				t.Errorf("hint %q", hint.Of(err))
			}
		})
	}
}

func TestTheErrorOfAMissingRepositoryIsOneLine(t *testing.T) {
	git, err := exec.LookPath("git")
	if err != nil {
		t.Skip("no git")
	}
	t.Chdir(t.TempDir())
	for name, test := range map[string]struct {
		init                 bool
		ending, hint, noHint string
	}{
		"outside of a Git repository": {false, ".git", "--repo", "gh auth login"},
		"without a remote":            {true, "no git remotes configured for this repository", "gh auth login", "--nothing"},
	} {
		t.Run(name, func(t *testing.T) {
			if test.init {
				t.Chdir(t.TempDir())
				if out, err := exec.CommandContext(t.Context(), git, "init").CombinedOutput(); err != nil {
					t.Fatalf("git init: %s", out)
				}
			}
			_, err := Sources{Lookup: lookup(nil)}.Target()
			if err == nil || strings.Contains(err.Error(), "\n") || !strings.HasSuffix(err.Error(), test.ending) {
				t.Errorf("error %q", err)
			}
			if have := hint.Of(err); !strings.Contains(have, test.hint) || strings.Contains(have, test.noHint) {
				t.Errorf("hint %q", have)
			}
		})
	}
}
