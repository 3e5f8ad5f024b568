package github_test

import (
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/github"
)

func TestHosts(t *testing.T) {
	for host, want := range map[string]struct{ server, cloud bool }{
		"github.com":     {true, true},
		"GitHub.com":     {true, true},
		"octo.ghe.com":   {true, true},
		"api.github.com": {false, true},
		"results-receiver.actions.githubusercontent.com": {false, true},
		"pipelines.actions.githubusercontent.com":        {false, true},
		"ghes.example":            {},
		"github.com.example":      {},
		"notgithub.com":           {},
		"evilghe.com":             {},
		"":                        {},
		"127.0.0.1":               {},
		"github.localhost":        {},
		"mygithubusercontent.com": {},
	} {
		if server, cloud := github.Server(host), github.Cloud(host); server != want.server || cloud != want.cloud {
			t.Errorf("%q: server %v, cloud %v", host, server, cloud)
		}
	}
}

func TestPullNumber(t *testing.T) {
	for ref, want := range map[string]int{
		"refs/pull/12/merge": 12, "refs/pull/12/head": 0, "refs/pull/x/merge": 0, "refs/pull/012/merge": 0,
		"refs/heads/12": 0, "refs/pull//merge": 0, "refs/pull/-1/merge": 0, "refs/pull/0/merge": 0, "": 0,
	} {
		if number, ok := github.PullNumber(ref); ok != (want != 0) || number != want && ok {
			t.Errorf("%q: %d, %v", ref, number, ok)
		}
	}
}

func FuzzRef(f *testing.F) {
	for _, text := range []string{"main", "12", "#12", "refs/heads/12", "refs/pull/12/merge", "refs/tags/v1", "feature/x", "#main", "012", ""} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		ref := github.FullRef(text)
		if again := github.FullRef(ref); again != ref {
			t.Errorf("%q is %q, and that is %q", text, ref, again)
		}
		if short := github.ShortRef(ref); github.FullRef(short) != ref {
			t.Errorf("%q is shortened to %q, which is %q", ref, short, github.FullRef(short))
		}
	})
}
