package gitrepo

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/process"
)

// Tags lists the tags of the repository at an address, by commit. Of several tags on
// a commit (v3 moves along with v3.10.0), the longest is the version. Git asks nobody
// for a login; the error is what it says, on one line.
func Tags(ctx context.Context, environ []string, address string) (map[string]string, error) {
	git, err := process.Find("git")
	if err != nil {
		return nil, err
	}
	stdout, stderr, err := process.Output(ctx, process.Command{
		Path: git, Args: []string{"ls-remote", "--tags", "--", address},
		Env: append(slices.Clone(environ), "GIT_TERMINAL_PROMPT=0"),
	})
	if err != nil {
		why := cmp.Or(strings.TrimSpace(string(stderr)), err.Error())
		return nil, errors.New(strings.Join(strings.Fields(why), " "))
	}
	return parseTags(string(stdout)), nil
}

// parseTags reads the lines of git ls-remote: a commit, a tab and a tag, whose
// object it is if the tag ends in ^{}.
func parseTags(listing string) map[string]string {
	tags := map[string]string{}
	for line := range strings.Lines(listing) {
		commit, tag, _ := strings.Cut(strings.TrimSpace(line), "\trefs/tags/")
		tag = strings.TrimSuffix(tag, "^{}")
		if len(tag) > len(tags[commit]) {
			tags[commit] = tag
		}
	}
	return tags
}
