package source

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"mvdan.cc/sh/v3/syntax"
)

// Apply returns the content with the edits made. It verifies the result: it must
// parse to the same tree as before, except for the edited scalars.
func (f *File) Apply(edits []Edit) ([]byte, error) {
	out, err := Apply(f.Src, edits)
	if err != nil {
		return nil, fmt.Errorf("editing %s: %w", f.Path, err)
	}
	if err := f.verify(out, edits); err != nil {
		return nil, fmt.Errorf("verifying the edited %s: %w", f.Path, err)
	}
	return out, nil
}

func (f *File) verify(out []byte, edits []Edit) error {
	switch f.Kind {
	case HCL:
		return sameHCL(f.Src, out)
	case Shell:
		return sameShell(f.Src, out)
	case Make:
		return sameMake(f.Src, out)
	case Just, Dockerfile:
		if balance(f.Src) != balance(out) {
			return errors.New("it has a bracket or a quote too many or too few")
		}
		if strings.Count(string(f.Src), "\n") != strings.Count(string(out), "\n") {
			return errors.New("the number of lines changed")
		}
		return nil
	case JSON:
		if !json.Valid(out) && json.Valid(f.Src) {
			return errors.New("the result is not JSON")
		}
	}
	return sameYAML(f.Src, out, edits)
}

// balance counts brackets and quotes that are open.
func balance(src []byte) (open [5]int) {
	for _, b := range src {
		switch b {
		case '(', '[', '{':
			open[strings.IndexByte("([{", b)]++
		case ')', ']', '}':
			open[strings.IndexByte(")]}", b)]--
		case '"', '\'':
			open[3+strings.IndexByte(`"'`, b)] ^= 1
		}
	}
	return open
}

// sameHCL compares the tokens: only the text of strings and numbers may differ.
func sameHCL(src, out []byte) error {
	if _, err := ParseHCL(out); err != nil {
		return err
	}
	a, _ := hclsyntax.LexConfig(src, "", hcl.InitialPos)
	b, _ := hclsyntax.LexConfig(out, "", hcl.InitialPos)
	if len(a) != len(b) {
		return errors.New("the number of tokens changed")
	}
	for i := range a {
		text := a[i].Type == hclsyntax.TokenQuotedLit || a[i].Type == hclsyntax.TokenStringLit || a[i].Type == hclsyntax.TokenNumberLit
		if a[i].Type != b[i].Type || !text && string(a[i].Bytes) != string(b[i].Bytes) {
			return fmt.Errorf("line %d: a token changed", a[i].Range.Start.Line)
		}
	}
	return nil
}

// sameShell compares the shapes of two scripts: the kinds of their nodes, but for what
// is inside a word, which may lose a variable.
func sameShell(src, out []byte) error {
	was, err := shellShape(string(src))
	if err != nil {
		return nil //nolint:nilerr // it did not parse before either
	}
	now, err := shellShape(string(out))
	if err != nil {
		return err
	}
	if was != now {
		return errors.New("the structure of the script changed")
	}
	return nil
}

func shellShape(src string) (string, error) {
	if err := Nested(src); err != nil {
		return "", fmt.Errorf("parsing shell: %w", err)
	}
	prog, err := syntax.NewParser().Parse(strings.NewReader(src), "")
	if err != nil {
		return "", fmt.Errorf("parsing shell: %w", err)
	}
	var shape strings.Builder
	syntax.Walk(prog, func(n syntax.Node) bool {
		fmt.Fprintf(&shape, "%T(", n)
		_, word := n.(*syntax.Word)
		return !word
	})
	return shape.String(), nil
}
