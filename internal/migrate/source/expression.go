package source

import (
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/lazyregexp"
)

var exprRE = lazyregexp.New(`\$\{\{(.*?)\}\}`)

// Expressions finds every ${{ }} of s: its ends, and those of what is inside.
func Expressions(s string) [][]int {
	if !strings.Contains(s, "${{") {
		return nil
	}
	return exprRE().FindAllStringSubmatchIndex(s, -1)
}

// Masked replaces every expression by a plain word of the same length, so that the
// text around it can be parsed as another language.
func Masked(s string) string {
	if !strings.Contains(s, "${{") {
		return s
	}
	return exprRE().ReplaceAllStringFunc(s, func(e string) string { return strings.Repeat("x", len(e)) })
}

var questionRE = lazyregexp.New(`\$\{\{[^}]*\b(?:hashFiles|contains|startsWith|endsWith)\(.*?\}\}`)

// Unquestioned is Masked for the expressions that only ask about the strings in them.
func Unquestioned(s string) string {
	if !strings.Contains(s, "${{") || !strings.Contains(s, "(") {
		return s
	}
	return questionRE().ReplaceAllStringFunc(s, func(e string) string { return strings.Repeat("x", len(e)) })
}
