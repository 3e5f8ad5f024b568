package diagnose

import (
	"regexp"
	"regexp/syntax"
	"strings"
	"sync"
)

// A pattern is an expression that is compiled, and runs, only for a text that it may match. The catalogue has hundreds of
// them, a log has millions of lines, and most builds print nothing that one is asked about. A nil pattern matches nothing.
type pattern func() *expression

type expression struct {
	*regexp.Regexp
	begins *[256]bool // bytes of which one begins every text that it matches; nil for one that may match further on
	words  []string   // of which a text that it matches has one; nil where nothing is known
}

func compile(expr string) pattern {
	return sync.OnceValue(func() *expression {
		e := &expression{Regexp: regexp.MustCompile(expr)}
		if parsed, err := syntax.Parse(expr, syntax.Perl); err == nil {
			e.begins, e.words = beginnings(parsed), required(parsed)
		}
		return e
	})
}

// MatchString reports whether the text matches.
func (p pattern) MatchString(text string) bool {
	if p == nil {
		return false
	}
	e := p()
	return e.may(text) && e.Regexp.MatchString(text)
}

// FindString returns the first match.
func (p pattern) FindString(text string) string {
	e := p()
	if !e.may(text) {
		return ""
	}
	return e.Regexp.FindString(text)
}

// FindStringIndex returns where the first match begins and ends; nil without one.
func (p pattern) FindStringIndex(text string) []int {
	e := p()
	if !e.may(text) {
		return nil
	}
	return e.Regexp.FindStringIndex(text)
}

// FindAllStringSubmatch returns the groups of the first n matches.
func (p pattern) FindAllStringSubmatch(text string, n int) [][]string {
	e := p()
	if !e.may(text) {
		return nil
	}
	return e.Regexp.FindAllStringSubmatch(text, n)
}

func (e *expression) may(text string) bool {
	if e.begins != nil && (text == "" || !e.begins[text[0]]) {
		return false
	}
	if e.words == nil {
		return true
	}
	for _, word := range e.words {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}

// beginnings are the bytes with which a text that an expression matches begins; nil if that is any.
func beginnings(re *syntax.Regexp) *[256]bool {
	prog, err := syntax.Compile(re.Simplify())
	if err != nil {
		return nil
	}
	type place struct {
		pc    int
		begun bool
	}
	var first [256]bool
	been := map[place]bool{}
	var walk func(at place) bool
	walk = func(at place) bool {
		if been[at] {
			return true
		}
		been[at] = true
		switch in := &prog.Inst[at.pc]; in.Op {
		case syntax.InstAlt, syntax.InstAltMatch:
			return walk(place{int(in.Out), at.begun}) && walk(place{int(in.Arg), at.begun})
		case syntax.InstCapture, syntax.InstNop:
			return walk(place{int(in.Out), at.begun})
		case syntax.InstEmptyWidth:
			return walk(place{int(in.Out), at.begun || in.Arg&uint32(syntax.EmptyBeginText) != 0})
		case syntax.InstRune, syntax.InstRune1, syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
			for b := range first {
				first[b] = first[b] || b >= 0x80 || in.MatchRune(rune(b))
			}
			return at.begun
		case syntax.InstMatch, syntax.InstFail:
		}
		return false
	}
	if !walk(place{pc: prog.Start}) {
		return nil
	}
	return &first
}

// required are texts of which each text that an expression matches has one; nil if nothing is known.
func required(re *syntax.Regexp) (words []string) {
	switch re.Op {
	case syntax.OpLiteral:
		if re.Flags&syntax.FoldCase == 0 {
			words = []string{string(re.Rune)}
		}
	case syntax.OpCapture, syntax.OpPlus:
		words = required(re.Sub[0])
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			if found := required(sub); shortest(found) > shortest(words) {
				words = found
			}
		}
	case syntax.OpAlternate:
		for _, sub := range re.Sub {
			found := required(sub)
			if found == nil {
				return nil
			}
			words = append(words, found...)
		}
	}
	return words
}

func shortest(words []string) int {
	if len(words) == 0 {
		return 0
	}
	least := len(words[0])
	for _, word := range words {
		least = min(least, len(word))
	}
	return least
}
