package scan

import (
	"slices"

	"mvdan.cc/sh/v3/syntax"

	"github.com/docker-ghacache/docker-ghacache/internal/migrate/source"
)

// script resolves the words of a shell script.
type script struct {
	t source.Text
	s *scope // with the variables that the script sets
}

// assign records a variable and gives NAME=VALUE for scanning.
func (sh *script) assign(a *syntax.Assign) []source.Text {
	if a.Name == nil || a.Value == nil || a.Append {
		return nil
	}
	name, values := a.Name.Value, sh.word(a.Value.Parts)
	sh.s.vars[name] = among(sh.s.vars[name], values...)
	out := make([]source.Text, len(values))
	for i, v := range values {
		out[i] = source.Join(sh.raw(a.Name.Pos(), a.Value.Pos()), v)
	}
	return out
}

// preset records ${X:=value}.
func (sh *script) preset(p *syntax.ParamExp) {
	if p.Exp != nil && p.Param != nil && p.Exp.Word != nil &&
		(p.Exp.Op == syntax.AssignUnset || p.Exp.Op == syntax.AssignUnsetOrNull) {
		sh.s.vars[p.Param.Value] = bounded(append(sh.s.vars[p.Param.Value], sh.word(p.Exp.Word.Parts)...))
	}
}

// loop records the values of a variable of a for loop.
func (sh *script) loop(l *syntax.WordIter) {
	var values []source.Text
	for _, item := range l.Items {
		if values = append(values, sh.word(item.Parts)...); len(values) > source.MaxValues {
			break
		}
	}
	sh.s.vars[l.Name.Value] = bounded(append(sh.s.vars[l.Name.Value], several(values)...))
}

// among adds values to those that a variable is known to have.
func among(known []source.Text, values ...source.Text) []source.Text {
	if len(known) > source.MaxValues {
		return known
	}
	if len(known) > 0 {
		known, values = several(known), several(values)
	}
	return bounded(append(known, values...))
}

// bounded keeps one value more than can be combined, by which
// [source.Budget.Combine] knows that there are too many.
func bounded(values []source.Text) []source.Text {
	return values[:min(len(values), source.MaxValues+1)]
}

func several(values []source.Text) []source.Text {
	out := make([]source.Text, len(values))
	for i, v := range values {
		out[i] = v.Several()
	}
	return out
}

// word returns the values of a word: several if a variable has several.
func (sh *script) word(parts []syntax.WordPart) []source.Text {
	values := []source.Text{source.Empty(sh.t.File(), sh.t.Pos(0))}
	for _, p := range parts {
		values = sh.s.budget.Combine(values, sh.part(p), func(v, w source.Text) source.Text { return source.Join(v, w) })
	}
	if values == nil {
		return []source.Text{sh.raw(parts[0].Pos(), parts[len(parts)-1].End())}
	}
	return values
}

func (sh *script) part(p syntax.WordPart) []source.Text {
	raw := sh.raw(p.Pos(), p.End())
	switch p := p.(type) {
	case *syntax.SglQuoted:
		return []source.Text{raw.Cut(len(raw.Value)-len(p.Value)-1, len(raw.Value)-1)}
	case *syntax.DblQuoted:
		return sh.word(p.Parts)
	case *syntax.ParamExp:
		if values := sh.parameter(p); values != nil {
			return values
		}
	}
	return []source.Text{raw}
}

// parameter gives the values of $X, ${X} and ${X:-default}.
func (sh *script) parameter(p *syntax.ParamExp) []source.Text {
	if p.Param == nil || p.Length || p.Excl || p.Slice != nil || p.Repl != nil || p.Index != nil {
		return nil
	}
	if !sh.s.budget.Take() {
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
		values[i] = values[i].From(p.Param.Value, sh.t.Pos(int(p.Pos().Offset())))
	}
	return values
}

func (sh *script) raw(from, to syntax.Pos) source.Text {
	return sh.t.Cut(int(from.Offset()), min(int(to.Offset()), len(sh.t.Value)))
}
