package scan

import (
	"iter"

	"go.yaml.in/yaml/v3"

	"github.com/docker-ghacache/docker-ghacache/internal/migrate/source"
)

// Mapping is a YAML mapping, and the values that it resolves to at its place. The
// zero value is empty.
type Mapping struct {
	scope *scope
	node  *yaml.Node
}

// Has reports whether the mapping has a value.
func (m Mapping) Has(path ...string) bool { return source.Get(m.node, path...) != nil }

// Value returns a value as it is written, or "".
func (m Mapping) Value(path ...string) string {
	if n := source.Deref(source.Get(m.node, path...)); n != nil {
		return n.Value
	}
	return ""
}

// Text returns a value as it is written, with its bytes. A value whose key is
// duplicated must not be edited, because parsers disagree on which one counts.
func (m Mapping) Text(path ...string) source.Text {
	if m.node == nil {
		return source.Text{}
	}
	t := m.scope.doc.Text(source.Get(m.node, path...))
	if len(path) == 1 {
		return m.Once(path[0], t)
	}
	return t
}

// Once forbids edits of the value of a duplicated key.
func (m Mapping) Once(key string, t source.Text) source.Text {
	if source.Duplicated(m.node, key) {
		return t.Refuse("the mapping has this key twice")
	}
	return t
}

// Resolve returns the possible values of a key.
func (m Mapping) Resolve(t source.Text) []source.Text { return m.scope.expand(t) }

// Pairs yields the keys and values as they are written.
func (m Mapping) Pairs() iter.Seq2[source.Text, source.Text] {
	return func(yield func(k, v source.Text) bool) {
		for k, v := range source.Pairs(m.node) {
			if !yield(m.scope.doc.Text(k), m.scope.doc.Text(v)) {
				return
			}
		}
	}
}

// plain leaves out aliases, because their anchors are scanned anyway.
func plain(n *yaml.Node) *yaml.Node {
	if n == nil || n.Kind == yaml.AliasNode {
		return nil
	}
	return n
}
