package migrate

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"

	"golang.org/x/mod/semver"
)

// actionTags is what `git ls-remote --tags` says of the actions that this
// package knows: repository, tag, commit.
//
//go:embed action-tags.json
var actionTags []byte

// tags answers questions about the tags and commits of actions, offline.
type tags struct {
	commits map[string]map[string]string // repository in lower case, tag
	names   map[string]string            // commit: its most exact tag
}

func loadTags() (tags, error) {
	var table map[string]map[string]string
	if err := json.Unmarshal(actionTags, &table); err != nil {
		return tags{}, fmt.Errorf("reading the table of action tags: %w", err)
	}
	t := tags{commits: map[string]map[string]string{}, names: map[string]string{}}
	for repo, byTag := range table {
		t.commits[strings.ToLower(repo)] = byTag
		for tag, commit := range byTag {
			if exact(tag) && semver.Compare(tag, t.names[commit]) > 0 {
				t.names[commit] = tag
			}
		}
	}
	return t, nil
}

// exact says that a tag does not move: v1.2.3, not v1.
func exact(tag string) bool { return semver.IsValid(tag) && strings.Count(tag, ".") >= 2 }

// version is the exact tag behind a ref, "" if that is not known. A moving tag
// is what it pointed at when the table was written; one without an exact tag
// stands for the first of its line.
func (t tags) version(repo, ref string) string {
	if commitRE.MatchString(ref) {
		return t.names[ref]
	}
	if !semver.IsValid(ref) {
		return ""
	}
	if tag := t.names[t.commits[repo][ref]]; tag != "" {
		return tag
	}
	return semver.Canonical(ref)
}

// newest is the highest tag of a repository, of one major version if that is not "".
func (t tags) newest(repo, major string) string {
	best := ""
	for tag := range t.commits[repo] {
		if exact(tag) && semver.Prerelease(tag) == "" && semver.Compare(tag, best) > 0 && (major == "" || semver.Major(tag) == major) {
			best = tag
		}
	}
	return best
}
