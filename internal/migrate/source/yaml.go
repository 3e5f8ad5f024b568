package source

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// YAML is a YAML or JSON file. It maps its nodes to their bytes.
type YAML struct {
	Roots []*yaml.Node // of its documents

	src   []byte
	lines []int         // offset of each line
	marks map[int][]int // offset of every markEvery-th column of a line
}

// markEvery limits how far a column is counted, even in a line of a megabyte.
const markEvery = 256

// ParseYAML reads YAML or JSON, of one document or several.
func ParseYAML(src []byte) (*YAML, error) {
	if !utf8.Valid(src) {
		return nil, errors.New("parsing YAML: not UTF-8")
	}
	y := &YAML{src: src, lines: yamlLines(src), marks: map[int][]int{}}
	for dec := yaml.NewDecoder(bytes.NewReader(src)); ; {
		var doc yaml.Node
		switch err := dec.Decode(&doc); {
		case errors.Is(err, io.EOF):
			return y, nil
		case err != nil:
			return nil, fmt.Errorf("parsing YAML: %w", err)
		}
		if len(doc.Content) > 0 {
			y.Roots = append(y.Roots, doc.Content[0])
		}
	}
}

// yamlLines returns the offset of every line, as libyaml counts them. libyaml also
// ends a line at a lone CR and at U+0085, U+2028 and U+2029, and does not count the
// byte order mark as a column.
func yamlLines(src []byte) []int {
	lines := []int{0}
	if bytes.HasPrefix(src, []byte("\ufeff")) {
		lines[0] = len("\ufeff")
	}
	for i := lines[0]; i < len(src); {
		r, n := utf8.DecodeRune(src[i:])
		i += n
		if r == '\r' && i < len(src) && src[i] == '\n' {
			i++
		}
		if strings.ContainsRune("\n\r\u0085\u2028\u2029", r) {
			lines = append(lines, i)
		}
	}
	return lines
}

// Source is what was parsed.
func (y *YAML) Source() []byte { return y.src }

// Offset is where a node starts. The parser gives lines and columns in runes.
func (y *YAML) Offset(n *yaml.Node) int {
	if n.Line < 1 || n.Line > len(y.lines) {
		return 0
	}
	marks, column := y.marks[n.Line], n.Column-1
	if marks == nil {
		marks = []int{y.lines[n.Line-1]}
	}
	for len(marks) <= column/markEvery {
		marks = append(marks, y.forward(marks[len(marks)-1], markEvery))
	}
	if len(marks) > 1 {
		y.marks[n.Line] = marks
	}
	return y.forward(marks[column/markEvery], column%markEvery)
}

// forward is the offset some runes behind at.
func (y *YAML) forward(at, runes int) int {
	for ; runes > 0 && at < len(y.src); runes-- {
		_, size := utf8.DecodeRune(y.src[at:])
		at += size
	}
	return at
}

// Text returns a scalar with its bytes. An alias has the text of its anchor.
func (y *YAML) Text(n *yaml.Node) Text {
	if n == nil {
		return Text{src: y.src}
	}
	if n.Kind == yaml.AliasNode {
		t := y.Text(n.Alias)
		t.runs, t.at, t.refuse = nil, y.Offset(n), "it is an alias"
		return t
	}
	t := Text{Value: n.Value, src: y.src, at: y.Offset(n)}
	if n.Anchor != "" || n.Style&yaml.TaggedStyle != 0 {
		t.refuse = "it carries an anchor or a tag"
		return t
	}
	start := t.at
	switch {
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		start = y.lines[min(n.Line, len(y.lines)-1)]
	case n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0:
		start++
	}
	runs, ok := align(n.Value, y.src, min(start, len(y.src)))
	if !ok {
		t.refuse = "it has escapes"
		return t
	}
	t.runs = runs
	return t
}

// maxMerged bounds the mappings that merge keys lead through.
const maxMerged = 64

// Get is the value of key in a mapping, through aliases and merge keys.
func Get(n *yaml.Node, path ...string) *yaml.Node {
	for _, key := range path {
		n = value(n, key, map[*yaml.Node]bool{})
	}
	return n
}

// value looks into a mapping once, however many merge keys lead to it.
func value(n *yaml.Node, key string, seen map[*yaml.Node]bool) *yaml.Node {
	n = Deref(n)
	if n == nil || n.Kind != yaml.MappingNode || seen[n] || len(seen) > maxMerged {
		return nil
	}
	for i := len(n.Content) - 2; i >= 0; i -= 2 {
		if strings.EqualFold(n.Content[i].Value, key) {
			return n.Content[i+1]
		}
	}
	for k, v := range Pairs(n) {
		if k.Tag == "!!merge" {
			seen[n] = true
			for _, m := range slices.Concat(Items(v), []*yaml.Node{v}) {
				if found := value(m, key, seen); found != nil {
					return found
				}
			}
		}
	}
	return nil
}

// Deref returns the node of an alias, or n itself.
func Deref(n *yaml.Node) *yaml.Node {
	if n != nil && n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

// Pairs yields the keys and values of a mapping.
func Pairs(n *yaml.Node) func(yield func(k, v *yaml.Node) bool) {
	return func(yield func(k, v *yaml.Node) bool) {
		if n = Deref(n); n == nil || n.Kind != yaml.MappingNode {
			return
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			if !yield(n.Content[i], n.Content[i+1]) {
				return
			}
		}
	}
}

// Items are the elements of a sequence.
func Items(n *yaml.Node) []*yaml.Node {
	if n = Deref(n); n == nil || n.Kind != yaml.SequenceNode {
		return nil
	}
	return n.Content
}

// Duplicated reports whether a mapping has key more than once. Parsers disagree on
// which one counts, so neither is edited.
func Duplicated(n *yaml.Node, key string) bool {
	count := 0
	for k := range Pairs(n) {
		if strings.EqualFold(k.Value, key) {
			count++
		}
	}
	return count > 1
}
