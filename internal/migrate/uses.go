package migrate

import (
	"fmt"
	"path"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
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
