package dockerconfig

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tailscale/hujson"
)

// Config is the text of Docker's config.json. Edits keep everything
// beside them as it is: other keys, their order and the white space.
type Config struct {
	value  hujson.Value
	indent string // of one level; empty for a file on one line
}

// Parse reads a configuration, and nothing for an empty one. What docker itself
// cannot read is an error.
func Parse(text []byte) (*Config, error) {
	if len(bytes.TrimSpace(text)) == 0 {
		text = []byte("{\n}\n")
	}
	value, err := hujson.Parse(text)
	if err != nil {
		return nil, err
	}
	if !value.IsStandard() {
		return nil, errors.New("it has comments or trailing commas, which docker does not read")
	}
	root, ok := value.Value.(*hujson.Object)
	if !ok {
		return nil, fmt.Errorf("it is no JSON object")
	}
	c := &Config{value: value, indent: "\t"} // as docker writes it
	if len(root.Members) > 0 {
		c.indent = strings.TrimLeft(string(root.Members[0].Name.BeforeExtra), "\r\n")
	}
	return c, nil
}

// Bytes is the text, with all edits.
func (c *Config) Bytes() []byte { return c.value.Pack() }

// Get returns the string at a path, empty where there is none.
func (c *Config) Get(path ...string) string {
	at := c.value.Value
	for _, name := range path {
		m := member(at, name)
		if m == nil {
			return ""
		}
		at = m.Value.Value
	}
	literal, ok := at.(hujson.Literal)
	if !ok || literal.Kind() != '"' {
		return ""
	}
	return literal.String()
}

// Set makes the string at a path, with the objects on the way.
func (c *Config) Set(text string, path ...string) error {
	at := c.value.Value
	for depth, name := range path {
		object, ok := at.(*hujson.Object)
		if !ok {
			return fmt.Errorf("%q is no JSON object", strings.Join(path[:depth], "."))
		}
		m := member(at, name)
		if m == nil {
			m = c.insert(object, name, depth)
		}
		if depth == len(path)-1 {
			m.Value.Value = hujson.String(text)
		}
		at = m.Value.Value
	}
	return nil
}

// insert adds a member that holds an empty object, on a line of its own where
// the file has lines.
func (c *Config) insert(object *hujson.Object, name string, depth int) *hujson.ObjectMember {
	m := hujson.ObjectMember{Name: hujson.Value{Value: hujson.String(name)}}
	empty := &hujson.Object{}
	if c.indent != "" {
		m.Name.BeforeExtra = []byte("\n" + strings.Repeat(c.indent, depth+1))
		m.Value.BeforeExtra = []byte(" ")
		empty.AfterExtra = []byte("\n" + strings.Repeat(c.indent, depth+1))
	}
	if last := len(object.Members) - 1; last >= 0 {
		// What follows the last value moves behind the new one.
		object.AfterExtra = append(object.Members[last].Value.AfterExtra, object.AfterExtra...)
		object.Members[last].Value.AfterExtra = nil
	}
	m.Value.Value = empty
	object.Members = append(object.Members, m)
	return &object.Members[len(object.Members)-1]
}

// Remove deletes what is at a path, and the objects on the way that it leaves
// empty.
func (c *Config) Remove(path ...string) {
	objects := []*hujson.Object{}
	at := c.value.Value
	for _, name := range path {
		object, _ := at.(*hujson.Object)
		m := member(at, name)
		if m == nil {
			return
		}
		objects = append(objects, object)
		at = m.Value.Value
	}
	for i, object := range slices.Backward(objects) {
		object.Members = slices.DeleteFunc(object.Members, func(m hujson.ObjectMember) bool { return named(m, path[i]) })
		if len(object.Members) > 0 {
			return
		}
	}
}

func member(at hujson.ValueTrimmed, name string) *hujson.ObjectMember {
	object, ok := at.(*hujson.Object)
	if !ok {
		return nil
	}
	for i := range object.Members {
		if named(object.Members[i], name) {
			return &object.Members[i]
		}
	}
	return nil
}

func named(m hujson.ObjectMember, name string) bool {
	literal, ok := m.Name.Value.(hujson.Literal)
	return ok && literal.String() == name
}
