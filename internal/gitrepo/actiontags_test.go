package gitrepo

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// TestActionTags has git take folders of this machine for github.com.
func TestActionTags(t *testing.T) {
	root := t.TempDir()
	action := filepath.Join(root, "docker", "build-push-action")
	if err := os.MkdirAll(action, 0o755); err != nil {
		t.Fatal(err)
	}
	git(t, action, "init", "-q")
	git(t, action, "commit", "-q", "--allow-empty", "-m", "one")
	git(t, action, "tag", "v6.1.0")
	commit := git(t, action, "rev-parse", "HEAD")
	env := append(environ(), "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=url."+root+"/.insteadOf", "GIT_CONFIG_VALUE_0=https://github.com/")

	var failed []error
	tags := NewActionTags(env, func(err error) { failed = append(failed, err) })
	resolve := func(ctx context.Context, action, commit, want string) {
		t.Helper()
		if got, err := tags.Resolve(ctx, action, commit); got != want || err != nil {
			t.Errorf("%s@%s is %q, %v, want %q", action, commit, got, err, want)
		}
	}
	resolve(t.Context(), "docker/build-push-action", commit, "v6.1.0")
	git(t, action, "tag", "v6.1.0-later")
	resolve(t.Context(), "docker/build-push-action", commit, "v6.1.0") // each action is asked once
	resolve(t.Context(), "docker/build-push-action", "none", "")
	if len(failed) > 0 {
		t.Fatal(failed)
	}
	resolve(t.Context(), "docker/no-action", commit, "")
	resolve(t.Context(), "docker/another", commit, "")
	resolve(t.Context(), "docker/build-push-action", commit, "")
	if len(failed) != 1 {
		t.Errorf("failures: %v", failed)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := tags.Resolve(ctx, "docker/build-push-action", commit); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}

func TestHostOf(t *testing.T) {
	root := t.TempDir()
	var dirs []string
	for _, host := range []string{"ghes.example", "github.com"} {
		dir := filepath.Join(root, host)
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		git(t, dir, "init", "-q")
		git(t, dir, "remote", "add", "origin", "https://"+host+"/octo/app.git")
		dirs = append(dirs, dir)
	}
	ghes, cloud, none := dirs[0], dirs[1], t.TempDir()
	for _, tt := range []struct {
		name  string
		paths []string
		want  string
	}{
		{"one repository", []string{ghes, filepath.Join(ghes, "a-file-in-it")}, "ghes.example"},
		{"two hosts", []string{ghes, cloud}, ""},
		{"a folder without a remote beside one with", []string{ghes, none}, ""},
		{"no remote", []string{none}, "job.example"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := HostOf(t.Context(), environ(), tt.paths, "job.example"); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
