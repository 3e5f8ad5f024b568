package migrate

import (
	"slices"

	"mvdan.cc/sh/v3/syntax"
)

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
