package rules

import (
	"fmt"
	"strings"

	"golang.org/x/mod/semver"

	"github.com/docker-ghacache/docker-ghacache/internal/lazyregexp"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/scan"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/tags"
)

// Options control [Judge].
type Options struct {
	Tags tags.Table
	Bump bool // also move Docker's actions to their newest major

	Minimum bool // move to the least version that works, not to the newest

	// Resolve asks for the tag behind a commit of an action that the table does
	// not know, see package migrate. Nil asks nobody.
	Resolve func(repo, commit string) (tag string, err error)
}

// versioned is an action and the version behind its ref.
type versioned struct {
	scan.Action
	tags    tags.Table
	version string // exact tag, if that is known
	unknown string // why it is not
}

// versionOf looks a version up in the table, and asks for commits that the table
// does not have.
func versionOf(a scan.Action, o Options) versioned {
	r := versioned{Action: a, tags: o.Tags, version: o.Tags.Version(a.Repo, a.Ref)}
	if r.version != "" || o.Resolve == nil || !tags.IsCommit(a.Ref) || !o.Tags.Knows(a.Repo) {
		return r
	}
	tag, err := o.Resolve(a.Repo, a.Ref)
	if err != nil {
		r.unknown = "its tag could not be asked for: " + err.Error()
	}
	if tags.Exact(tag) {
		r.version = tag
	}
	return r
}

// commentRE matches a version in the comment beside a commit.
var commentRE = lazyregexp.New(`\bv[0-9]+(?:\.[0-9]+){0,2}\b|\b[0-9]+\.[0-9]+\.[0-9]+\b`)

// nodeRunner is the first runner that runs the newest majors of Docker's actions.
const nodeRunner = "v2.327.1"

// move reports an action that is fixed by another version of it. The pin keeps
// its kind: a commit stays a commit, and the comment beside it follows. Another major
// may need a newer runner.
func (r versioned) move(target string, fd Finding) []Finding {
	if semver.Major(target) != semver.Major(r.version) && r.Runner != scan.Hosted {
		fd.Safe = false
		fd.Why += "; " + semver.Major(target) + " needs a newer runner (" + nodeRunner + " runs all), and this one is not known to be GitHub's"
	}
	fd.Text = r.Uses.Value
	ref := target
	if !strings.Contains(r.Ref, ".") {
		ref = semver.Major(target)
	}
	fd.Fix = "use " + ref
	if tags.IsCommit(r.Ref) {
		ref = r.tags.Commit(r.Repo, target)
		fd.Fix = fmt.Sprintf("use %s, the commit of %s (this is %s)", ref, target, r.version)
	}
	fd = fd.replace(r.Uses, r.At, len(r.Uses.Value), ref)
	if at := commentRE().FindStringIndex(r.Comment.Value); at != nil {
		fd = fd.replace(r.Comment, at[0], at[1], short(r.Comment.Value[at[0]:at[1]], target))
	}
	return fd.at(r.Uses, r.At)
}

// minimumOf is the first version of an action that supports version 2 itself, or ""
// for an action that leaves that to a builder.
func minimumOf(repo string) string {
	return map[string]string{"actions/cache": "v4.2.0", "mozilla-actions/sccache-action": "v0.0.9"}[repo]
}
