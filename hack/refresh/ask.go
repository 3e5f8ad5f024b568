package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/go-github/v92/github"
	"golang.org/x/mod/semver"

	"github.com/docker-ghacache/docker-ghacache/internal/release"
)

// A program is one whose newest version is written down.
type program struct {
	name, repo, version string
	prefix              string // of its tags
}

// programs are all of them, with the versions that are known. The Engine's tags begin with docker-
// since version 29: https://github.com/moby/moby/releases/tag/docker-v29.0.0
func programs() []program {
	return []program{
		{name: "Buildx", repo: "docker/buildx", version: release.NewestBuildx},
		{name: "BuildKit", repo: "moby/buildkit", version: release.NewestBuildKit},
		{name: "Engine", repo: "moby/moby", version: release.NewestEngine, prefix: "docker-"},
		{name: "Runner", repo: "actions/runner", version: release.NewestRunner},
		{name: "Sccache", repo: "mozilla/sccache", version: release.NewestSccache},
	}
}

type asker struct{ *github.Client }

// tags returns the commits of a repository's tags that are versions, behind a prefix or not. This listing tells the commit
// behind an annotated tag, where that of refs tells the object of the tag.
func (a asker) tags(ctx context.Context, repo, prefix string) (map[string]string, error) {
	owner, name, _ := strings.Cut(repo, "/")
	tags := map[string]string{}
	opts := &github.ListOptions{PerPage: 100}
	for {
		page, resp, err := a.Repositories.ListTags(ctx, owner, name, opts)
		if err != nil {
			return nil, fmt.Errorf("listing the tags of %s: %w", repo, err)
		}
		for _, tag := range page {
			if semver.IsValid(strings.TrimPrefix(tag.GetName(), prefix)) {
				tags[tag.GetName()] = tag.GetCommit().GetSHA()
			}
		}
		if resp.NextPage == 0 {
			break
		}
		opts.Page = resp.NextPage
	}
	if len(tags) == 0 {
		return nil, fmt.Errorf("listing the tags of %s: none is a version", repo)
	}
	return tags, nil
}

// renew finds the newest version of a program. One that is older than the known one shows that
// something is wrong, with the listing or with this program.
func (a asker) renew(ctx context.Context, p *program) error {
	tags, err := a.tags(ctx, p.repo, p.prefix)
	if err != nil {
		return err
	}
	newest := ""
	for tag := range tags {
		v := strings.TrimPrefix(tag, p.prefix)
		if strings.Count(v, ".") == 2 && semver.Prerelease(v) == "" && semver.Compare(v, newest) > 0 {
			newest = v
		}
	}
	if semver.Compare(newest, p.version) < 0 {
		return fmt.Errorf("the newest tag of %s is %q, and %s is known", p.repo, newest, p.version)
	}
	p.version = newest
	return nil
}
