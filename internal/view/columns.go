package view

import (
	"fmt"
	"slices"
	"strings"
	"text/template/parse"

	"github.com/docker-ghacache/docker-ghacache/internal/hint"
)

// Columns are the fields of a row in --format, in the order of the help.
type Columns []Column

// Column is a field of a row.
type Column struct {
	Field, Title string
	room         room
}

// room is what the default table needs to have a column.
type room int

const (
	always room = iota
	wide        // unless a terminal has fewer than wideScreen columns
	asked       // only if all columns are asked for
)

// wideScreen is from which width on a terminal shows all that it shows by default, without
// cutting numbers.
const wideScreen = 110

// CacheColumns are the columns of [Caches].
func CacheColumns() Columns {
	return Columns{
		{"Scope", "SCOPE", always}, {"Ref", "REF", always}, {"Layers", "LAYERS", always}, {"Size", "SIZE", always},
		{"Unique", "UNIQUE", wide}, {"Reclaimable", "RECLAIMABLE", always}, {"Created", "CREATED", wide},
		{"LastUsed", "LAST USED", always}, {"State", "STATE", always}, {"Likely", "LIKELY", asked}, {"Versions", "VERSIONS", asked},
	}
}

// EntryColumns are the columns of [Entries] and [AllEntries].
func EntryColumns() Columns {
	return Columns{
		{"ID", "ID", always}, {"Kind", "KIND", always}, {"Digest", "DIGEST", always}, {"Scope", "SCOPE", always},
		{"Ref", "REF", always}, {"Size", "SIZE", always}, {"Created", "CREATED", wide},
		{"LastUsed", "LAST USED", always}, {"State", "STATE", always}, {"Key", "KEY", asked},
	}
}

// table is the template of a table with the columns that need no more room.
func (c Columns) table(has room) string {
	c = slices.DeleteFunc(slices.Clone(c), func(column Column) bool { return column.room > has })
	return strings.Join(c.Fields("{{.", "}}"), `\t`)
}

// Fields lists the fields, each between these texts.
func (c Columns) Fields(before, after string) []string {
	var fields []string
	for _, column := range c {
		fields = append(fields, before+column.Field+after)
	}
	return fields
}

func (c Columns) titles() map[string]string {
	titles := map[string]string{}
	for _, column := range c {
		titles[column.Field] = column.Title
	}
	return titles
}

func (c Columns) has(field string) bool {
	return slices.ContainsFunc(c, func(column Column) bool { return column.Field == field })
}

// check finds a field that no row has. The fields are texts, which have none themselves,
// so that it does not matter where in a template one is.
func (c Columns) check(root parse.Node) error {
	for _, field := range templateFields(root) {
		if !c.has(field) {
			return c.usage(fmt.Errorf("unknown field %q in --format; the fields are: %s", field, strings.Join(c.Fields("", ""), ", ")))
		}
	}
	return nil
}

func (c Columns) usage(err error) error {
	return hint.Usage(err, fmt.Sprintf(`--format '{{.%s}} {{.%s}}'`, c[0].Field, c[1].Field))
}

// templateFields are the fields that a template names, and what it asks of them.
func templateFields(node parse.Node) (names []string) {
	switch n := node.(type) {
	case *parse.FieldNode:
		return n.Ident
	case *parse.VariableNode:
		return n.Ident[1:]
	case *parse.ChainNode:
		return append(templateFields(n.Node), n.Field...)
	}
	for _, part := range templateParts(node) {
		names = append(names, templateFields(part)...)
	}
	return names
}

// templateParts are the nodes below one. The parser's lists may be nil.
func templateParts(node parse.Node) (parts []parse.Node) {
	branch := func(b *parse.BranchNode) {
		parts = append(parts, b.Pipe, b.List)
		if b.ElseList != nil {
			parts = append(parts, b.ElseList)
		}
	}
	switch n := node.(type) {
	case *parse.ListNode:
		return n.Nodes
	case *parse.ActionNode:
		return []parse.Node{n.Pipe}
	case *parse.CommandNode:
		return n.Args
	case *parse.PipeNode:
		for _, command := range n.Cmds {
			parts = append(parts, command)
		}
	case *parse.IfNode:
		branch(&n.BranchNode)
	case *parse.WithNode:
		branch(&n.BranchNode)
	case *parse.RangeNode:
		branch(&n.BranchNode)
	}
	return parts
}
