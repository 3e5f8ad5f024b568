package tags

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/lazyregexp"
	"golang.org/x/mod/semver"
)

// actionTags are the tags of the actions that this package knows: repository, tag,
// commit. `make refresh` brings them up to date.
//
//go:embed action-tags.json
var actionTags []byte

// Table answers questions about the tags and commits of actions, offline.
type Table struct {
	commits map[string]map[string]string // repository in lower case, tag
	names   map[string]string            // commit: its most exact tag
	owners  map[string]string            // commit: its repository in lower case
}

// Load reads the built-in table.
func Load() (Table, error) {
	var table map[string]map[string]string
	if err := json.Unmarshal(actionTags, &table); err != nil {
		return Table{}, fmt.Errorf("reading the table of action tags: %w", err)
	}
	t := Table{commits: map[string]map[string]string{}, names: map[string]string{}, owners: map[string]string{}}
	for repo, byTag := range table {
		t.commits[strings.ToLower(repo)] = byTag
		for tag, commit := range byTag {
			t.owners[commit] = strings.ToLower(repo)
			if Exact(tag) && semver.Compare(tag, t.names[commit]) > 0 {
				t.names[commit] = tag
			}
		}
	}
	return t, nil
}

// Exact reports whether a tag does not move: v1.2.3 does not, v1 does.
func Exact(tag string) bool { return semver.IsValid(tag) && strings.Count(tag, ".") >= 2 }

// Version returns the exact tag of a ref, or "" if it is unknown. A moving tag has
// the version that it had when the table was written. A moving tag without an exact
// tag counts as the first version of its line.
func (t Table) Version(repo, ref string) string {
	if IsCommit(ref) {
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

// Newest returns the highest tag of a repository, or of one of its majors if that
// is not "".
func (t Table) Newest(repo, major string) string {
	best := ""
	for tag := range t.commits[repo] {
		if Exact(tag) && semver.Prerelease(tag) == "" && semver.Compare(tag, best) > 0 && (major == "" || semver.Major(tag) == major) {
			best = tag
		}
	}
	return best
}

// Owner is the repository that a commit is of, in lower case, "" if that is not known.
func (t Table) Owner(commit string) string { return t.owners[commit] }

// Knows says that the table has the tags of a repository.
func (t Table) Knows(repo string) bool { return t.commits[repo] != nil }

// Commit returns the commit of a tag, or "" if it is unknown.
func (t Table) Commit(repo, tag string) string { return t.commits[repo][tag] }

var commitRE = lazyregexp.New(`^[0-9a-f]{40}$`)

// IsCommit reports whether a ref is a whole commit, not a tag or branch.
func IsCommit(ref string) bool { return commitRE().MatchString(ref) }
