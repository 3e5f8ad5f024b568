package source

import (
	"errors"
	"fmt"
	"strings"
)

// sameMake compares two Makefiles logical line by logical line: what is assigned or
// built, and for a recipe the script that the shell gets.
func sameMake(src, out []byte) error {
	was, now := logicalLines(string(src)), logicalLines(string(out))
	if len(was) != len(now) {
		return errors.New("it has another number of lines")
	}
	for i := range was {
		if was[i] == now[i] {
			continue
		}
		a, b := makeShape(was[i]), makeShape(now[i])
		if a != b {
			return fmt.Errorf("%q would become %q, which make reads in another way", strings.TrimSpace(was[i]), strings.TrimSpace(now[i]))
		}
	}
	return nil
}

// logicalLines joins the lines that end with a backslash.
func logicalLines(src string) (out []string) {
	var line strings.Builder
	for part := range strings.Lines(src) {
		line.WriteString(part)
		if !strings.HasSuffix(strings.TrimRight(part, "\r\n"), `\`) {
			out = append(out, line.String())
			line.Reset()
		}
	}
	return append(out, line.String())
}

// makeShape is what an edit must not change: brackets that are open, the left side
// of an assignment or rule, and the kinds of the nodes of a recipe.
func makeShape(line string) string {
	plain, open := unexpanded(line)
	shape := fmt.Sprintf("%d of make, %d of the shell", open, strings.Count(plain, "(")-strings.Count(plain, ")"))
	if !strings.HasPrefix(line, "\t") {
		left, _, _ := strings.Cut(plain, "=")
		left, _, _ = strings.Cut(left, ":")
		return shape + left
	}
	script, err := shellShape(strings.TrimLeft(plain, "\t@-+ "))
	if err != nil {
		return shape + ", no shell" // it may be one in another language
	}
	return shape + script
}

// unexpanded replaces the expansions of make by a word, and counts those without an
// end. What make leaves to the shell stays: $$X is its $X.
func unexpanded(line string) (plain string, open int) {
	var out strings.Builder
	depth := 0
	for i := 0; i < len(line); i++ {
		two := line[i:min(i+2, len(line))]
		switch {
		case two == "$(" || two == "${":
			depth++
			i++
			if depth == 1 {
				out.WriteString("x")
			}
		case two == "$$" && depth == 0:
			out.WriteByte('$')
			i++
			continue
		case depth > 0 && (line[i] == '(' || line[i] == '{'):
			depth++
		case depth > 0 && (line[i] == ')' || line[i] == '}'):
			depth--
		case depth == 0:
			out.WriteByte(line[i])
		}
	}
	return out.String(), depth
}
