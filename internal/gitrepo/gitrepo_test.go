package gitrepo

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestRemoteHosts(t *testing.T) {
	for address, want := range map[string]string{
		"https://github.com/octo/app":             "github.com",
		"https://user:secret@github.com/octo/app": "github.com",
		"https://ghes.example:8443/octo/app.git":  "ghes.example",
		"ssh://git@ssh.github.com:443/octo/app":   "ssh.github.com",
		"git@github.com:octo/app.git":             "github.com",
		"org-1@octo.ghe.com:octo/app":             "octo.ghe.com",
		"origin":                                  "",
		"/srv/git/app.git":                        "",
		"../app":                                  "",
		"file:///srv/git/app.git":                 "",
		"git@-oProxyCommand:octo/app":             "",
		`C:\src\app`:                              "",
	} {
		got := ""
		if m := remoteRE().FindStringSubmatch(address); m != nil {
			got = m[2]
		}
		if got != want {
			t.Errorf("%s is on %q, want %q", address, got, want)
		}
	}
	config := "user git\nhostname github.com\nport 22\n"
	if got := hostBehind(config, "work"); got != "github.com" {
		t.Errorf("got %q", got)
	}
	if got := hostBehind("", "github.com"); got != "github.com" {
		t.Errorf("without ssh: got %q", got)
	}
}

func TestParseTags(t *testing.T) {
	listing := "aaaa\trefs/tags/v2\n" +
		"bbbb\trefs/tags/v2.10.0\n" +
		"aaaa\trefs/tags/v2.10.1\n" +
		"cccc\trefs/tags/v3.0.0\n" + // an annotated tag,
		"dddd\trefs/tags/v3.0.0^{}\n" // and its commit
	want := map[string]string{"aaaa": "v2.10.1", "bbbb": "v2.10.0", "cccc": "v3.0.0", "dddd": "v3.0.0"}
	if got := parseTags(listing); !maps.Equal(got, want) {
		t.Errorf("got %v", got)
	}
	if got := parseTags(""); len(got) != 0 {
		t.Errorf("of nothing: %v", got)
	}
}

// git runs git in a folder, without the configuration of this machine's user.
func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", append([]string{"-C", dir}, args...)...)
	cmd.Env = environ()
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %s: %v: %s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

func environ() []string {
	return append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_SYSTEM="+os.DevNull,
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com")
}

func TestARealRepository(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	git(t, dir, "init", "-q")
	git(t, dir, "commit", "-q", "--allow-empty", "-m", "one")
	git(t, dir, "tag", "v1")
	git(t, dir, "tag", "-a", "-m", "one", "v1.0.0")
	commit := git(t, dir, "rev-parse", "HEAD")

	if host := Host(t.Context(), environ(), dir); host != "" {
		t.Errorf("without a remote it is on %q", host)
	}
	git(t, dir, "remote", "add", "origin", "https://user:secret@GHES.example:8443/octo/app.git")
	for _, path := range []string{dir, filepath.Join(dir, "a-file-in-it")} {
		if host := Host(t.Context(), environ(), path); host != "ghes.example" {
			t.Errorf("%s is on %q", path, host)
		}
	}
	tags, err := Tags(t.Context(), environ(), dir)
	if err != nil || tags[commit] != "v1.0.0" {
		t.Errorf("commit %s has tags %v, %v", commit, tags, err)
	}
	_, err = Tags(t.Context(), environ(), filepath.Join(dir, "missing"))
	if err == nil || !strings.Contains(err.Error(), "missing") || strings.Contains(err.Error(), "\n") {
		t.Errorf("the tags of no repository: %v", err)
	}
}

func TestWithoutGit(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if host := Host(t.Context(), nil, "."); host != "" {
		t.Errorf("a host without git: %q", host)
	}
	if tags, err := Tags(t.Context(), nil, "."); err == nil {
		t.Errorf("tags without git: %v", tags)
	}
}
