package source

import (
	"errors"
	"fmt"
	"sort"

	"go.yaml.in/yaml/v3"
)

// yamlPair walks two trees side by side.
type yamlPair struct {
	was, now *YAML
	edits    []Edit
	shift    []int // how far the text behind each edit moved
}

func sameYAML(src, out []byte, edits []Edit) error {
	was, err := ParseYAML(src)
	if err != nil {
		return err
	}
	now, err := ParseYAML(out)
	if err != nil {
		return err
	}
	if len(was.Roots) != len(now.Roots) {
		return errors.New("the number of documents changed")
	}
	p := yamlPair{was: was, now: now, edits: edits}
	moved := 0
	for _, e := range edits {
		p.shift = append(p.shift, moved)
		moved += len(e.New) - len(e.Old)
	}
	for i := range was.Roots {
		if err := p.same(was.Roots[i], now.Roots[i]); err != nil {
			return err
		}
	}
	return nil
}

func (p yamlPair) same(a, b *yaml.Node) error {
	if a.Kind != b.Kind || a.Anchor != b.Anchor {
		return fmt.Errorf("line %d: the kind of a node changed", a.Line)
	}
	if a.Kind == yaml.ScalarNode && (a.Value != b.Value || a.Tag != b.Tag) {
		if p.edited(p.was.Offset(a), p.was.Text(a)) {
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

// edited reports whether an edit is in the scalar that starts at offset.
func (p yamlPair) edited(offset int, t Text) bool {
	for _, r := range t.runs {
		first := sort.Search(len(p.edits), func(i int) bool { return p.edits[i].Start >= max(offset, r.src) })
		if first < len(p.edits) && p.edits[first].End <= r.src+r.n {
			return true
		}
	}
	return false
}

// kept returns the children of b without those that an insertion added.
func (p yamlPair) kept(b *yaml.Node) []*yaml.Node {
	var out []*yaml.Node
	step := 1
	if b.Kind == yaml.MappingNode {
		step = 2
	}
	for i := 0; i < len(b.Content); i += step {
		if !p.inserted(p.now.Offset(b.Content[i])) {
			out = append(out, b.Content[i:min(i+step, len(b.Content))]...)
		}
	}
	return out
}

func (p yamlPair) inserted(offset int) bool {
	i := sort.Search(len(p.edits), func(i int) bool { return p.edits[i].Start+p.shift[i] > offset }) - 1
	return i >= 0 && p.edits[i].keys && offset < p.edits[i].Start+p.shift[i]+len(p.edits[i].New)
}
