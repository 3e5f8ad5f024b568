package migrate

import (
	"cmp"
	"fmt"
	"path"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
	"golang.org/x/mod/semver"
)

// action is the uses: of a step.
type action struct {
	repo    string // owner/name in lower case
	t       text
	at      int    // where the ref starts in t
	ref     string // tag, branch or commit
	version string // exact tag behind the ref, if that is known
	unknown string // why it is not
	comment text   // on the same line, from # on
	step    *yaml.Node
	with    *yaml.Node
	s       *scope
}

var (
	commitRE  = regexp.MustCompile(`^[0-9a-f]{40}$`)
	commentRE = regexp.MustCompile(`\bv[0-9]+(?:\.[0-9]+){0,2}\b|\b[0-9]+\.[0-9]+\.[0-9]+\b`)
)

// uses judges a step that runs an action.
func (f *file) uses(s *scope, step, uses *yaml.Node) {
	t := s.doc.text(uses)
	if strings.HasPrefix(t.value, "docker://") {
		f.word(t, "")
		if f.holdsGHA(step) {
			f.containerAction(t)
		}
		return
	}
	f.call(s, t.value, get(step, "with"))
	a, ok := f.parseUses(s, t)
	if !ok {
		return
	}
	a.step, a.with = step, get(step, "with")
	f.inputsOf(a)
	f.pinned(a)
	if !f.minimum(a) && f.opts.BumpActions {
		f.bump(a)
	}
}

// parseUses reads owner/name[/path]@ref. Gitea and Forgejo also take a whole
// URL, GitHub does not.
func (f *file) parseUses(s *scope, t text) (action, bool) {
	name, ref, ok := strings.Cut(t.value, "@")
	if scheme, rest, url := strings.Cut(name, "://"); url {
		f.service.v1 = "it names an action by URL (" + scheme + "), as Gitea and Forgejo do"
		_, name, _ = strings.Cut(rest, "/")
	}
	parts := strings.Split(strings.ToLower(name), "/")
	if !ok || len(parts) < 2 || parts[0] == "." {
		return action{}, false
	}
	a := action{repo: parts[0] + "/" + parts[1], t: t, at: len(t.value) - len(ref), ref: ref, s: s}
	a.version = f.tags.version(a.repo, ref)
	f.ask(&a)
	a.comment = s.doc.comment(t)
	return a, true
}

// ask asks for the version of a commit that the table does not have.
func (f *file) ask(a *action) {
	if a.version != "" || f.resolve == nil || !commitRE.MatchString(a.ref) || f.tags.commits[a.repo] == nil {
		return
	}
	tag, err := f.resolve(a.repo, a.ref)
	if err != nil {
		a.unknown = "its tag could not be asked for: " + err.Error()
	}
	if exact(tag) {
		a.version = tag
	}
}

// behindRE matches the rest of a line that holds nothing but a comment.
var behindRE = regexp.MustCompile(`^["']?[}\], \t]*[ \t](#[^\r\n]*)`)

// comment is the comment behind a text on its line.
func (y *yamlFile) comment(t text) text {
	_, end, ok := t.span(0, len(t.value))
	if !ok {
		return text{}
	}
	m := behindRE.FindSubmatchIndex(y.src[end:])
	if m == nil {
		return text{}
	}
	return literal(y.src, end+m[2], end+m[3])
}

// inputsOf judges what a step hands to an action. Forks keep the name, and
// mostly the inputs, of what they fork.
func (f *file) inputsOf(a action) {
	switch name := path.Base(a.repo); {
	case strings.HasPrefix(name, "setup-buildx") || name == "ghaction-docker-buildx":
		f.versions(a, buildx(), "version", "buildx-version")
		f.selfHosted(a)
	case strings.HasPrefix(name, "setup-docker") || name == "ghaction-setup-docker":
		f.versions(a, engine(), "version", "docker-version")
	case strings.HasPrefix(name, "setup-compose"):
		f.versions(a, compose(), "version")
	case name == "sccache-action":
		f.versions(a, sccache(), "version")
	case name == "buildkit-cache-dance":
		f.dance(a)
	case name == "github-script":
		f.script(a)
	}
}

// versions judges inputs that name a version: v0.12.0, latest, lab:V, cloud:V,
// a git URL with #V, or type=archive,version=V.
func (f *file) versions(a action, c component, keys ...string) {
	for _, key := range keys {
		n := get(a.with, key)
		if n == nil {
			continue
		}
		t := a.s.doc.text(n)
		f.sink(t.value, c)
		if duplicated(a.with, key) {
			t.refuse = "the key is there twice"
		}
		for _, v := range a.s.expand(t) {
			f.version(v, c, fmt.Sprintf("%s of %s", key, a.repo))
		}
	}
}

func (f *file) version(t text, c component, what string) {
	p := pin{component: c, t: t, shown: t.value, what: what}
	value := t.value
	for _, a := range attributes(t.value) {
		if a.key == "version" || a.key == "tag" {
			p.i, value = a.from, t.value[a.from:a.end]
		}
	}
	if _, ref, ok := strings.Cut(value, "#"); ok {
		p.i, value = p.i+len(value)-len(ref), ref
	}
	prefix, rest, named := strings.Cut(value, ":")
	if named && (prefix == "lab" || prefix == "cloud") {
		p.i, value = p.i+len(prefix)+1, rest
		p.fix, p.noFix = "use "+prefix+":latest", "releases of this line have numbers of their own"
	}
	found := leading(value)
	p.j = p.i + len(found)
	switch {
	case strings.Contains(value, "${{"):
		f.unknown(p)
	case found != "":
		f.pin(p)
	}
}

// minimum judges actions that speak to the cache service themselves, and says
// whether it had something to report.
func (f *file) minimum(a action) bool {
	var target string
	rule, why := ruleCache, ""
	switch {
	case a.version == "":
		return false
	case a.repo == "actions/cache":
		why = "actions/cache speaks version 2 of the cache service since v4.2.0 and v3.4.0"
		target = cacheTarget(f.tags, a.version)
	case a.repo == "mozilla-actions/sccache-action" && semver.Compare(a.version, "v0.0.9") < 0:
		rule, why = ruleSccache, "sccache-action installs an sccache with version 2 of the cache service since v0.0.9"
		target = f.tags.newest(a.repo, "v0")
	}
	if target == "" {
		return false
	}
	f.move(a, target, Finding{Rule: rule, Certainty: Certain, Why: why, Safe: true})
	return true
}

// cacheTarget is the actions/cache to move to, "" if version is new enough.
// The major stays where it can; v5 needs a newer runner.
func cacheTarget(t tags, version string) string {
	switch major := semver.Major(version); {
	case semver.Compare(version, "v3") < 0, major == "v4" && semver.Compare(version, "v4.2.0") < 0:
		return t.newest("actions/cache", "v4")
	case major == "v3" && semver.Compare(version, "v3.4.0") < 0:
		return t.newest("actions/cache", "v3")
	}
	return ""
}

// move reports an action that is fixed by another version of it. The pin keeps
// its kind: a commit stays a commit, and the comment beside it follows.
func (f *file) move(a action, target string, fd Finding) {
	fd.Text = a.t.value
	ref := target
	if !strings.Contains(a.ref, ".") {
		ref = semver.Major(target)
	}
	fd.Fix = "use " + ref
	if commitRE.MatchString(a.ref) {
		ref = f.tags.commits[a.repo][target]
		fd.Fix = fmt.Sprintf("use %s, the commit of %s (this is %s)", ref, target, a.version)
	}
	f.edit(&fd, a.t, a.at, len(a.t.value), ref)
	if at := commentRE.FindStringIndex(a.comment.value); at != nil && fd.NoFix == "" {
		f.edit(&fd, a.comment, at[0], at[1], short(a.comment.value[at[0]:at[1]], target))
	}
	f.report(a.t, a.at, fd)
}

// pinned holds a commit against the comment beside it, and reports those whose
// version matters and is not known.
func (f *file) pinned(a action) {
	if f.tags.commits[a.repo] == nil {
		f.fork(a)
		return
	}
	if !commitRE.MatchString(a.ref) {
		return
	}
	said := commentRE.FindString(a.comment.value)
	switch {
	case a.version == "":
		f.report(a.t, a.at, Finding{Rule: rulePin, Certainty: Conditional, Text: a.t.value,
			Why: cmp.Or(a.unknown, "no release of "+a.repo+" is known to have this commit"), NoFix: "see that it is new enough"})
	case said != "" && !strings.HasPrefix(a.version+".", canonical(said)+"."):
		f.report(a.t, a.at, Finding{Rule: rulePin, Certainty: Advice, Text: a.comment.value,
			Why: fmt.Sprintf("the commit is %s, not %s", a.version, said), NoFix: "correct the comment or the commit"})
	}
}

// fork reports a fork of an action that installs a builder, if the step does
// not say which version to install.
func (f *file) fork(a action) {
	switch path.Base(a.repo) {
	case "setup-buildx-action", "setup-docker-action", "setup-compose-action", "ghaction-docker-buildx":
	default:
		return
	}
	if get(a.with, "version") == nil && get(a.with, "buildx-version") == nil {
		f.report(a.t, 0, Finding{Rule: rulePin, Certainty: Advice, Text: a.t.value, pin: true,
			Why: "it is a fork: what it installs cannot be told from here", NoFix: "see that it installs what is new enough"})
	}
}
