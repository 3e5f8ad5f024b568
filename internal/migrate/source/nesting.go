package source

import "errors"

// maxNesting bounds brackets in brackets. Parsers call themselves for each, and a
// file of brackets only would take all memory.
const maxNesting = 200

var errNesting = errors.New("brackets are nested too deeply")

// Nested says why a text is not parsed, nil if it may be.
func Nested[T string | []byte](src T) error {
	depth := 0
	for i := range len(src) {
		switch src[i] {
		case '(', '[', '{':
			if depth++; depth > maxNesting {
				return errNesting
			}
		case ')', ']', '}':
			depth = max(0, depth-1)
		}
	}
	return nil
}
