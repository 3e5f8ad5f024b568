package scan

import (
	"iter"

	"go.yaml.in/yaml/v3"

	"github.com/docker-ghacache/docker-ghacache/internal/migrate/source"
)

// Mapping is a YAML mapping, and what its values resolve to where it stands. The
// zero value is empty.
type Mapping struct {
	scope *scope
	node  *yaml.Node
}

// Has says that a value is there.
func (m Mapping) Has(path ...string) bool { return source.Get(m.node, path...) != nil }

// Value is a value as it is written, "" if there is none.
func (m Mapping) Value(path ...string) string {
	if n := source.Deref(source.Get(m.node, path...)); n != nil {
		return n.Value
	}
	return ""
}

// Text is a value as it is written, with the way back to its bytes. No part of one
// that is there twice may be edited: parsers disagree on which of them counts.
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

// Once withholds edits from the value of a key that is there twice.
func (m Mapping) Once(key string, t source.Text) source.Text {
	if source.Duplicated(m.node, key) {
		return t.Refuse("the mapping has this key twice")
	}
	return t
}

// Resolve gives what a value of the mapping can come to.
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

// plain leaves out aliases: their anchor is scanned where it stands.
func plain(n *yaml.Node) *yaml.Node {
	if n == nil || n.Kind == yaml.AliasNode {
		return nil
	}
	return n
}
