package lazyregexp

import (
	"regexp"
	"sync"
)

// New returns what compiles an expression once, at its first call, and panics there if
// it cannot be parsed. Any number of goroutines may call it.
func New(expr string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })
}
