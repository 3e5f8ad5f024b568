package ui

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/docker-ghacache/docker-ghacache/internal/github"
)

// Style is how cells are written. The zero value suits a pipe.
type Style struct {
	Now   time.Time // times are relative to it; zero: RFC 3339
	Short bool      // refs as --ref takes them
}

// Time is a time, relative to Now if there is one.
func (s Style) Time(t time.Time) string {
	switch age := s.Now.Sub(t); {
	case s.Now.IsZero():
		return t.UTC().Format(time.RFC3339)
	case age < time.Minute:
		return "now"
	case age < time.Hour:
		return fmt.Sprintf("%dm ago", age/time.Minute)
	case age < 48*time.Hour:
		return fmt.Sprintf("%dh ago", age/time.Hour)
	default:
		return fmt.Sprintf("%dd ago", age/(24*time.Hour))
	}
}

// Text leaves nothing in a cell that a terminal would obey: whoever may write to a
// cache chooses the names of scopes.
func (s Style) Text(text string) string {
	if text == "" {
		return "-"
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return utf8.RuneError
	}, text)
}

// Ref is a ref of git.
func (s Style) Ref(ref string) string {
	if s.Short {
		ref = github.ShortRef(ref)
	}
	return s.Text(ref)
}
