package migrate

import (
	"encoding/json"
	"errors"
	"fmt"
	"sort"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"go.yaml.in/yaml/v3"
	"mvdan.cc/sh/v3/syntax"
)

// result applies edits to the file and proves the outcome: it parses as before,
// to the same tree but for the scalars that were edited.
func (f *file) result(edits []Edit) ([]byte, error) {
	out, err := Apply(f.src, edits)
	if err != nil {
		return nil, fmt.Errorf("editing %s: %w", f.path, err)
	}
	if err := f.verify(out, edits); err != nil {
		return nil, fmt.Errorf("verifying the edited %s: %w", f.path, err)
	}
	return out, nil
}

func (f *file) verify(out []byte, edits []Edit) error {
	switch f.kind {
	case kindHCL:
		return sameHCL(f.src, out)
	case kindShell:
		return sameShell(f.src, out)
	case kindMake, kindJust, kindDockerfile:
		if strings.Count(string(f.src), "\n") != strings.Count(string(out), "\n") {
			return errors.New("it has another number of lines")
		}
		return nil
	case kindJSON:
		if !json.Valid(out) && json.Valid(f.src) {
			return errors.New("it is no longer JSON")
		}
	}
	return sameYAML(f.src, out, edits)
}

// yamlPair walks two trees side by side.
type yamlPair struct {
	was, now *yamlFile
	edits    []Edit
	shift    []int // how far the text behind each edit moved
}

func sameYAML(src, out []byte, edits []Edit) error {
	was, err := parseYAML(src)
	if err != nil {
		return err
	}
	now, err := parseYAML(out)
	if err != nil {
		return err
	}
	if len(was.docs) != len(now.docs) {
		return errors.New("it has another number of documents")
	}
	p := yamlPair{was: was, now: now, edits: edits}
	moved := 0
	for _, e := range edits {
		p.shift = append(p.shift, moved)
		moved += len(e.New) - len(e.Old)
	}
	for i := range was.docs {
		if err := p.same(was.docs[i], now.docs[i]); err != nil {
			return err
		}
	}
	return nil
}

func (p yamlPair) same(a, b *yaml.Node) error {
	if a.Kind != b.Kind || a.Anchor != b.Anchor {
		return fmt.Errorf("line %d: another kind of node", a.Line)
	}
	if a.Kind == yaml.ScalarNode && (a.Value != b.Value || a.Tag != b.Tag) {
		if p.edited(p.was.offset(a), p.was.text(a)) {
			return nil
		}
		return fmt.Errorf("line %d: %q became %q without an edit", a.Line, a.Value, b.Value)
	}
	children := p.kept(b)
	if len(a.Content) != len(children) {
		return fmt.Errorf("line %d: %d children became %d", a.Line, len(a.Content), len(children))
	}
	for i := range a.Content {
		if err := p.same(a.Content[i], children[i]); err != nil {
			return err
		}
	}
	return nil
}

// edited says that an edit lies in a scalar that starts at offset.
func (p yamlPair) edited(offset int, t text) bool {
	for _, r := range t.runs {
		first := sort.Search(len(p.edits), func(i int) bool { return p.edits[i].Start >= max(offset, r.src) })
		if first < len(p.edits) && p.edits[first].End <= r.src+r.n {
			return true
		}
	}
	return false
}

// kept leaves out the children of b that an insertion brought.
func (p yamlPair) kept(b *yaml.Node) []*yaml.Node {
	var out []*yaml.Node
	step := 1
	if b.Kind == yaml.MappingNode {
		step = 2
	}
	for i := 0; i < len(b.Content); i += step {
		if !p.inserted(p.now.offset(b.Content[i])) {
			out = append(out, b.Content[i:min(i+step, len(b.Content))]...)
		}
	}
	return out
}

func (p yamlPair) inserted(offset int) bool {
	i := sort.Search(len(p.edits), func(i int) bool { return p.edits[i].Start+p.shift[i] > offset }) - 1
	return i >= 0 && p.edits[i].keys && offset < p.edits[i].Start+p.shift[i]+len(p.edits[i].New)
}

// sameHCL compares the tokens: only the text of strings and numbers may differ.
func sameHCL(src, out []byte) error {
	if _, err := parseHCL(out); err != nil {
		return err
	}
	a, _ := hclsyntax.LexConfig(src, "", hcl.InitialPos)
	b, _ := hclsyntax.LexConfig(out, "", hcl.InitialPos)
	if len(a) != len(b) {
		return errors.New("it has another number of tokens")
	}
	for i := range a {
		text := a[i].Type == hclsyntax.TokenQuotedLit || a[i].Type == hclsyntax.TokenStringLit || a[i].Type == hclsyntax.TokenNumberLit
		if a[i].Type != b[i].Type || !text && string(a[i].Bytes) != string(b[i].Bytes) {
			return fmt.Errorf("line %d: another token", a[i].Range.Start.Line)
		}
	}
	return nil
}

// sameShell compares the shapes of two scripts: the kinds of their nodes.
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
		return errors.New("it is another script")
	}
	return nil
}

func shellShape(src string) (string, error) {
	prog, err := syntax.NewParser().Parse(strings.NewReader(src), "")
	if err != nil {
		return "", fmt.Errorf("parsing shell: %w", err)
	}
	var shape strings.Builder
	syntax.Walk(prog, func(n syntax.Node) bool {
		fmt.Fprintf(&shape, "%T(", n)
		return true
	})
	return shape.String(), nil
}
