package scan

import (
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/docker-ghacache/docker-ghacache/internal/migrate/source"
)

// Action is the use of an action by a step.
type Action struct {
	Repo    string      // owner/name in lower case
	Uses    source.Text // as it is written
	At      int         // where the ref starts in Uses
	Ref     string      // tag, branch or commit
	Comment source.Text // behind it on its line, from # on
	With    Mapping     // its inputs
	Runner  Runner      // that it runs on

	step *yaml.Node
}

// uses reads a step that runs an action.
func (p *Page) uses(step Mapping) {
	t := step.Text("uses")
	if strings.HasPrefix(t.Value, "docker://") {
		p.word(t, "")
		if namesGHA(step.node) {
			p.named()
			p.Containers = append(p.Containers, t)
		}
		return
	}
	with := source.Get(step.node, "with")
	p.call(step.scope, t, with)
	if strings.HasPrefix(t.Value, "./") || strings.Contains(t.Value, "bake-action") {
		p.leads()
	}
	if a, ok := p.parseUses(t); ok {
		a.With, a.Runner, a.step = Mapping{step.scope, with}, step.scope.runner, step.node
		p.Actions = append(p.Actions, a)
		p.builtWith(a)
	}
}

// parseUses reads owner/name[/path]@ref. Gitea and Forgejo also accept a URL;
// GitHub does not.
func (p *Page) parseUses(t source.Text) (Action, bool) {
	name, ref, ok := strings.Cut(t.Value, "@")
	if scheme, rest, url := strings.Cut(name, "://"); url {
		p.Scheme = scheme
		_, name, _ = strings.Cut(rest, "/")
	}
	parts := strings.Split(strings.ToLower(name), "/")
	if !ok || len(parts) < 2 || parts[0] == "." {
		return Action{}, false
	}
	return Action{Repo: parts[0] + "/" + parts[1], Uses: t, At: len(t.Value) - len(ref), Ref: ref, Comment: t.Comment()}, true
}

// Name is the last part of the action's path, in lower case: what forks and copies keep.
func (a Action) Name() string {
	name, _, _ := strings.Cut(a.Uses.Value, "@")
	return strings.ToLower(path.Base(name))
}

// AddInput is the edit that adds a line to the with: of the step, before its first
// key and with its indentation, or a with: of its own after uses:. The step has to
// be written as a block.
func (a Action) AddInput(line string) (source.Edit, bool) {
	newline := a.Uses.Newline()
	if n := a.With.node; n != nil {
		if n.Kind != yaml.MappingNode || n.Style&yaml.FlowStyle != 0 || len(n.Content) == 0 || n.Anchor != "" {
			return source.Edit{}, false
		}
		at := a.With.scope.doc.Offset(n.Content[0])
		indent := source.Literal(a.Uses.File(), at, at).Indent()
		return source.NewKeys(at, line+newline+indent), strings.Trim(indent, " ") == ""
	}
	_, end, ok := a.Uses.Span(0, len(a.Uses.Value))
	if !ok || a.step.Style&yaml.FlowStyle != 0 || a.step.Content[0].Line == 0 {
		return source.Edit{}, false
	}
	rest, _, _ := strings.Cut(string(a.Uses.File()[end:]), "\n")
	indent := newline + strings.Repeat(" ", a.step.Content[0].Column-1)
	return source.NewKeys(end+len(strings.TrimRight(rest, "\r")), indent+"with:"+indent+"  "+line), true
}

// call adds a use of ./PATH.
func (p *Page) call(s *scope, uses source.Text, with *yaml.Node) {
	if local, ok := strings.CutPrefix(uses.Value, "./"); ok {
		c := Call{Path: strings.TrimSuffix(local, "/"), At: uses.Pos(0)}
		m := Mapping{s, with}
		for name, value := range m.Pairs() {
			c.With = append(c.With, Given{name.Value, m.Resolve(m.Once(name.Value, value))})
		}
		p.Calls = append(p.Calls, c)
	}
}

// namesGHA reports whether there is a gha cache below n.
func namesGHA(n *yaml.Node) bool {
	if n = plain(n); n == nil {
		return false
	}
	return source.FindGHA(n.Value) != nil || slices.ContainsFunc(n.Content, namesGHA)
}
