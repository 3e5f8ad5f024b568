package migrate

import (
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
	"mvdan.cc/sh/v3/syntax"
)

var shellRE = regexp.MustCompile(`^(?:/\S*/)?(?:ba|da|z|k)?sh\b`)

// run judges the script of a step.
func (f *file) run(s *scope, step, run *yaml.Node) {
	t := s.doc.text(run)
	if shell := get(step, "shell"); shell != nil && !shellRE.MatchString(shell.Value) {
		f.loose(s, t.suggested())
		return
	}
	f.shell(s, t)
}

// shell judges a script word by word. One that does not parse, a PowerShell
// script for one, is read line by line, and edits to it are suggestions.
func (f *file) shell(s *scope, t text) {
	// An expression is not shell, but any word of the same length is.
	masked := exprRE.ReplaceAllStringFunc(t.value, func(e string) string { return strings.Repeat("x", len(e)) })
	prog, err := syntax.NewParser().Parse(strings.NewReader(masked), "")
	if err != nil {
		f.loose(s, t.suggested())
		return
	}
	sh := &script{t: t, s: &scope{outer: s, doc: s.doc, vars: map[string][]text{}}}
	var words []*syntax.Word
	var assigns []*syntax.Assign
	var loops []*syntax.WordIter
	syntax.Walk(prog, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Word:
			words = append(words, n)
		case *syntax.Assign:
			assigns = append(assigns, n)
		case *syntax.WordIter:
			loops = append(loops, n)
		case *syntax.ParamExp:
			sh.preset(n)
		}
		return true
	})
	for _, a := range assigns {
		for _, v := range sh.assign(a) {
			f.shellWord(s, v)
		}
	}
	for _, l := range loops {
		sh.loop(l)
	}
	for _, w := range words {
		for _, v := range sh.word(w.Parts) {
			f.shellWord(s, v)
		}
	}
}

// shellWord scans a word. One of several lines is a here-document or a script
// for another program.
func (f *file) shellWord(s *scope, t text) {
	if strings.Contains(strings.TrimSpace(t.value), "\n") {
		f.loose(s, t.suggested())
		return
	}
	for _, v := range s.expand(t) {
		f.word(v, "run")
	}
}

// script resolves the words of a shell script.
type script struct {
	t text
	s *scope // with the variables that the script sets
}

// assign records a variable and gives NAME=VALUE for scanning.
func (sh *script) assign(a *syntax.Assign) []text {
	if a.Name == nil || a.Value == nil || a.Append {
		return nil
	}
	name, values := a.Name.Value, sh.word(a.Value.Parts)
	known := sh.s.vars[name]
	if len(known) > 0 {
		known, values = several(known), several(values)
	}
	sh.s.vars[name] = append(known, values...)
	out := make([]text, len(values))
	for i, v := range values {
		out[i] = join(sh.raw(a.Name.Pos(), a.Value.Pos()), v)
	}
	return out
}

// preset records ${X:=value}.
func (sh *script) preset(p *syntax.ParamExp) {
	if p.Exp != nil && p.Param != nil && p.Exp.Word != nil &&
		(p.Exp.Op == syntax.AssignUnset || p.Exp.Op == syntax.AssignUnsetOrNull) {
		sh.s.vars[p.Param.Value] = append(sh.s.vars[p.Param.Value], sh.word(p.Exp.Word.Parts)...)
	}
}

// loop records the values of a variable of a for loop.
func (sh *script) loop(l *syntax.WordIter) {
	var values []text
	for _, item := range l.Items {
		values = append(values, sh.word(item.Parts)...)
	}
	sh.s.vars[l.Name.Value] = append(sh.s.vars[l.Name.Value], several(values)...)
}

func several(values []text) []text {
	out := make([]text, len(values))
	for i, v := range values {
		out[i] = v.several()
	}
	return out
}

// word gives the values of a word: more than one where a variable has several.
func (sh *script) word(parts []syntax.WordPart) []text {
	values := []text{{at: sh.t.at}}
	for _, p := range parts {
		values = combine(values, sh.part(p), func(v, w text) text { return join(v, w) })
	}
	return values
}

func (sh *script) part(p syntax.WordPart) []text {
	raw := sh.raw(p.Pos(), p.End())
	switch p := p.(type) {
	case *syntax.SglQuoted:
		return []text{raw.cut(len(raw.value)-len(p.Value)-1, len(raw.value)-1)}
	case *syntax.DblQuoted:
		return sh.word(p.Parts)
	case *syntax.ParamExp:
		if values := sh.parameter(p); values != nil {
			return values
		}
	}
	return []text{raw}
}

// parameter gives the values of $X, ${X} and ${X:-default}.
func (sh *script) parameter(p *syntax.ParamExp) []text {
	if p.Param == nil || p.Length || p.Excl || p.Slice != nil || p.Repl != nil || p.Index != nil {
		return nil
	}
	values := slices.Clone(sh.s.variable(p.Param.Value))
	if p.Exp != nil {
		if p.Exp.Op != syntax.DefaultUnset && p.Exp.Op != syntax.DefaultUnsetOrNull {
			return nil
		}
		if p.Exp.Word != nil {
			values = append(values, sh.word(p.Exp.Word.Parts)...)
		}
	}
	for i := range values {
		values[i] = values[i].from(p.Param.Value, sh.t.pos(int(p.Pos().Offset())))
	}
	return values
}

func (sh *script) raw(from, to syntax.Pos) text {
	return sh.t.cut(int(from.Offset()), min(int(to.Offset()), len(sh.t.value)))
}

// loose scans text line by line and word by word.
func (f *file) loose(s *scope, t text) {
	for _, line := range t.lines() {
		if !strings.HasPrefix(strings.TrimSpace(line.value), "#") {
			f.looseLine(s, line)
		}
	}
}

func (f *file) looseLine(s *scope, line text) {
	for _, w := range line.fields() {
		if strings.HasPrefix(w.value, "#") {
			return
		}
		for _, v := range s.expand(w.trim("\"'`\\;()")) {
			f.word(v, "run")
		}
	}
}

var referenceRE = regexp.MustCompile(`\$\(([A-Za-z_]\w*)\)|\$\{([A-Za-z_]\w*)(?::?-([^}]*))?\}|\$([A-Za-z_]\w*)|\{\{\s*([A-Za-z_][\w-]*)\s*\}\}`)

// references resolves $(X), ${X}, ${X:-default}, $X and {{ X }} in a line of a
// Makefile, justfile, Dockerfile or compose file.
func references(t text, vars map[string][]text) []text {
	values := []text{t}
	all := referenceRE.FindAllStringSubmatchIndex(t.value, -1)
	for k := len(all) - 1; k >= 0; k-- {
		m := all[k]
		name, with := "", []text(nil)
		for _, g := range []int{2, 4, 8, 10} {
			if m[g] >= 0 {
				name = t.value[m[g]:m[g+1]]
			}
		}
		with = append(with, vars[name]...)
		if m[6] >= 0 {
			with = append(with, t.cut(m[6], m[7]))
		}
		if len(with) == 0 {
			continue
		}
		values = combine(values, with, func(v, w text) text { return v.splice(m[0], m[1], w.from(name, t.pos(m[0]))) })
	}
	return values
}
