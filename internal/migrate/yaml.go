package migrate

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

// yamlFile is a YAML or JSON file with the way from its nodes to its bytes.
type yamlFile struct {
	src   []byte
	lines []int // offset of each line
	docs  []*yaml.Node
	marks map[int][]int // offset of every markEvery-th column of a line
}

// markEvery bounds how far a column is counted, even in a line of a megabyte.
const markEvery = 256

func parseYAML(src []byte) (*yamlFile, error) {
	if !utf8.Valid(src) {
		return nil, errors.New("parsing YAML: not UTF-8")
	}
	y := &yamlFile{src: src, lines: yamlLines(src), marks: map[int][]int{}}
	for dec := yaml.NewDecoder(bytes.NewReader(src)); ; {
		var doc yaml.Node
		switch err := dec.Decode(&doc); {
		case errors.Is(err, io.EOF):
			return y, nil
		case err != nil:
			return nil, fmt.Errorf("parsing YAML: %w", err)
		}
		if len(doc.Content) > 0 {
			y.docs = append(y.docs, doc.Content[0])
		}
	}
}

// yamlLines gives the offset of every line as libyaml counts them: it also
// breaks at a lone CR and at U+0085, U+2028 and U+2029, and does not count the
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

// offset is where a node starts. The parser gives lines and columns in runes.
func (y *yamlFile) offset(n *yaml.Node) int {
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
func (y *yamlFile) forward(at, runes int) int {
	for ; runes > 0 && at < len(y.src); runes-- {
		_, size := utf8.DecodeRune(y.src[at:])
		at += size
	}
	return at
}

// text is a scalar with its way back. An alias has the text of its anchor.
func (y *yamlFile) text(n *yaml.Node) text {
	if n == nil {
		return text{}
	}
	if n.Kind == yaml.AliasNode {
		t := y.text(n.Alias)
		t.runs, t.at, t.refuse = nil, y.offset(n), "it is an alias"
		return t
	}
	t := text{value: n.Value, at: y.offset(n)}
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
		t.refuse = "it is written with escapes"
		return t
	}
	t.runs = runs
	return t
}

// get is the value of key in a mapping, through aliases and merge keys.
func get(n *yaml.Node, path ...string) *yaml.Node {
	for _, key := range path {
		n = value(n, key, 0)
	}
	return n
}

func value(n *yaml.Node, key string, depth int) *yaml.Node {
	n = deref(n)
	if n == nil || n.Kind != yaml.MappingNode || depth > 8 {
		return nil
	}
	for i := len(n.Content) - 2; i >= 0; i -= 2 {
		if strings.EqualFold(n.Content[i].Value, key) {
			return n.Content[i+1]
		}
	}
	for k, v := range pairs(n) {
		if k.Tag == "!!merge" {
			for _, m := range slices.Concat(items(v), []*yaml.Node{v}) {
				if found := value(m, key, depth+1); found != nil {
					return found
				}
			}
		}
	}
	return nil
}

func deref(n *yaml.Node) *yaml.Node {
	if n != nil && n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

// pairs yields the keys and values of a mapping.
func pairs(n *yaml.Node) func(yield func(k, v *yaml.Node) bool) {
	return func(yield func(k, v *yaml.Node) bool) {
		if n = deref(n); n == nil || n.Kind != yaml.MappingNode {
			return
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			if !yield(n.Content[i], n.Content[i+1]) {
				return
			}
		}
	}
}

// items are the elements of a sequence.
func items(n *yaml.Node) []*yaml.Node {
	if n = deref(n); n == nil || n.Kind != yaml.SequenceNode {
		return nil
	}
	return n.Content
}

// duplicated says that a mapping holds key more than once: parsers disagree on
// which one counts, so neither is edited.
func duplicated(n *yaml.Node, key string) bool {
	count := 0
	for k := range pairs(n) {
		if strings.EqualFold(k.Value, key) {
			count++
		}
	}
	return count > 1
}
