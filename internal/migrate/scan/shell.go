package scan

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/docker-ghacache/docker-ghacache/internal/lazyregexp"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/source"
)

var shellRE = lazyregexp.New(`^(?:/\S*/)?(?:ba|da|z|k)?sh\b`)

// run adds the words of a step's script.
func (p *Page) run(step Mapping) {
	t := step.Text("run")
	if name := step.Value("shell"); name != "" && !shellRE().MatchString(name) {
		p.loose(step.scope, t.Suggested())
		return
	}
	p.shell(step.scope, t)
}

// shell adds the words of a script. If it does not parse, such as a PowerShell
// script, it is read line by line, and edits to it are suggestions.
func (p *Page) shell(s *scope, t source.Text) {
	if source.Nested(t.Value) != nil {
		p.loose(s, t.Suggested())
		return
	}
	prog, err := syntax.NewParser().Parse(strings.NewReader(source.Masked(t.Value)), "")
	if err != nil {
		p.loose(s, t.Suggested())
		return
	}
	sh := &script{t: t, s: &scope{outer: s, doc: s.doc, budget: s.budget, vars: map[string][]source.Text{}}}
	found := sh.find(prog)
	for _, a := range found.assigns {
		if words := sh.assign(a); a.Name != nil && !proseRE().MatchString(a.Name.Value) {
			p.spoken(s, words)
		}
	}
	for _, l := range found.loops {
		sh.loop(l)
	}
	printed := prose(prog)
	for _, w := range found.words {
		if !printed[w] {
			p.spoken(s, sh.word(w.Parts))
		}
	}
}

// parts are the parts of a script, each kind in its order.
type parts struct {
	words   []*syntax.Word
	assigns []*syntax.Assign
	loops   []*syntax.WordIter
}

// find lists the parts of a script, and records the presets of its variables.
func (sh *script) find(prog *syntax.File) (found parts) {
	syntax.Walk(prog, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Word:
			found.words = append(found.words, n)
		case *syntax.Assign:
			found.assigns = append(found.assigns, n)
		case *syntax.WordIter:
			found.loops = append(found.loops, n)
		case *syntax.ParamExp:
			sh.preset(n)
		}
		return true
	})
	return found
}

// spoken adds words with their expressions resolved. One of several lines is a
// here-document or a script for another program.
func (p *Page) spoken(s *scope, words []source.Text) {
	for _, t := range words {
		if strings.Contains(strings.TrimSpace(t.Value), "\n") {
			p.loose(s, t.Suggested())
			continue
		}
		p.expanded(s, t)
	}
}
