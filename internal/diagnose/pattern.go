package diagnose

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"sync"

	"github.com/docker-ghacache/docker-ghacache/internal/lazyregexp"
)

// A pattern is an expression that is parsed when a text is held against it, and compiled when one may match it. The catalogue
// has hundreds of them, a log has millions of lines, and most builds print nothing that one is about. A nil pattern matches
// nothing.
type pattern func() *expression

type expression struct {
	compiled func() *regexp.Regexp
	words    []string          // of which a text that it matches has one; nil where nothing is known
	begins   func() *[256]bool // bytes of which one begins every text that it matches; nil for one that may match further on
}

func compile(expr string) pattern {
	return sync.OnceValue(func() *expression {
		parsed, err := syntax.Parse(expr, syntax.Perl)
		if err != nil {
			panic(err)
		}
		return &expression{
			compiled: lazyregexp.New(expr),
			words:    required(parsed),
			begins:   sync.OnceValue(func() *[256]bool { return beginnings(parsed) }),
		}
	})
}

// MatchString reports whether the text matches.
func (p pattern) MatchString(text string) bool {
	return p != nil && p().may(text) && p().compiled().MatchString(text)
}

// FindString returns the first match.
func (p pattern) FindString(text string) string {
	if !p().may(text) {
		return ""
	}
	return p().compiled().FindString(text)
}

// FindStringSubmatch returns the first match and its groups.
func (p pattern) FindStringSubmatch(text string) []string {
	if !p().may(text) {
		return nil
	}
	return p().compiled().FindStringSubmatch(text)
}

// FindStringIndex returns where the first match begins and ends; nil without one.
func (p pattern) FindStringIndex(text string) []int {
	if !p().may(text) {
		return nil
	}
	return p().compiled().FindStringIndex(text)
}

// FindAllStringSubmatch returns the groups of the first n matches.
func (p pattern) FindAllStringSubmatch(text string, n int) [][]string {
	if !p().may(text) {
		return nil
	}
	return p().compiled().FindAllStringSubmatch(text, n)
}

func (e *expression) may(text string) bool {
	if begins := e.begins(); begins != nil && (text == "" || !begins[text[0]]) {
		return false
	}
	return e.words == nil || slices.ContainsFunc(e.words, func(word string) bool { return strings.Contains(text, word) })
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
