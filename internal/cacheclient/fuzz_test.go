package cacheclient

import (
	"net/url"
	"strings"
	"testing"
)

func FuzzTarget(f *testing.F) {
	for _, repo := range []string{"o/r", "ghes.example/o/r", "https://github.com/o/r.git", "git@github.com:o/r", "../..", "a/b?c", "x:1/o/r", "o/r#%zz"} {
		for _, api := range []string{"", "https://api.github.com", "http://user:pass@127.0.0.1:80/api/v3/?q#f", "//x"} {
			f.Add(repo, api)
		}
	}
	f.Fuzz(func(t *testing.T, repo, api string) {
		target, err := Sources{Repo: repo, Repository: "o/r", APIURL: api, Lookup: lookup(nil)}.Target()
		if err != nil {
			return
		}
		u, err := url.Parse(target.APIURL)
		if err != nil || hostOf(u) != target.Host || u.User != nil || u.RawQuery != "" || !strings.HasSuffix(u.Path, "/") {
			t.Fatalf("API %q, error %v", target.APIURL, err)
		}
		below, err := u.Parse("repos/" + target.Owner + "/" + target.Repo + "/actions")
		if want := u.Path + "repos/" + target.Owner + "/" + target.Repo + "/actions"; err != nil || below.Host != u.Host || below.Path != want {
			t.Errorf("%+v leads to %v, error %v", target, below, err)
		}
	})
}
