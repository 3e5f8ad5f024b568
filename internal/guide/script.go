package guide

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
	"mvdan.cc/sh/v3/syntax"
)

// Scripts returns the shell scripts in a block: its commands, or the run: steps of its YAML, which must be readable.
func (b Block) Scripts() ([]string, error) {
	if b.Lang == "yaml" {
		return steps(b)
	}
	commands, err := b.Commands()
	var scripts []string
	for _, command := range commands {
		scripts = append(scripts, command.Text)
	}
	return scripts, err
}

func steps(b Block) ([]string, error) {
	var scripts []string
	decoder := yaml.NewDecoder(strings.NewReader(b.Text))
	for {
		var document yaml.Node
		if err := decoder.Decode(&document); errors.Is(err, io.EOF) {
			return scripts, nil
		} else if err != nil {
			return nil, fmt.Errorf("line %d: reading the YAML: %w", b.Line, err)
		}
		collect(&document, &scripts)
	}
}

// collect appends the values of all keys "run" below a node.
func collect(node *yaml.Node, scripts *[]string) {
	for i, child := range node.Content {
		if node.Kind == yaml.MappingNode && i%2 == 1 && node.Content[i-1].Value == "run" && child.Kind == yaml.ScalarNode {
			*scripts = append(*scripts, child.Value)
		}
		collect(child, scripts)
	}
}

var expression = regexp.MustCompile(`\$\{\{.*?\}\}`)

// Calls returns the words of all calls of docker's ghacache in a script, from the command on: docker ghacache ls -q is
// [ls -q]. What an expansion would be is a word like any other.
func Calls(script string) ([][]string, error) {
	// A runner replaces expressions of a workflow before a shell reads them.
	file, err := syntax.NewParser().Parse(strings.NewReader(expression.ReplaceAllString(script, "_")), "")
	if err != nil {
		return nil, fmt.Errorf("reading %q: %w", script, err)
	}
	var calls [][]string
	syntax.Walk(file, func(node syntax.Node) bool {
		if call, ok := node.(*syntax.CallExpr); ok {
			calls = append(calls, ours(words(call))...)
		}
		return true
	})
	return calls, nil
}

func words(call *syntax.CallExpr) []string {
	var all []string
	for _, arg := range call.Args {
		var text strings.Builder
		for _, part := range arg.Parts {
			write(&text, part)
		}
		all = append(all, text.String())
	}
	return all
}

// write writes a part of a word without its quotes.
func write(text *strings.Builder, part syntax.WordPart) {
	switch part := part.(type) {
	case *syntax.Lit:
		text.WriteString(strings.ReplaceAll(part.Value, `\`, ""))
	case *syntax.SglQuoted:
		text.WriteString(part.Value)
	case *syntax.DblQuoted:
		for _, inner := range part.Parts {
			write(text, inner)
		}
	default:
		text.WriteString("_")
	}
}

// ours are the calls in a command line: that of serve has one of the command that it runs.
func ours(words []string) [][]string {
	var calls [][]string
	for i, word := range words {
		begins := i == 0 || words[i-1] == "--" || words[i-1] == "sudo"
		switch {
		case begins && word == "docker-ghacache":
			return append(calls, upToEnd(words[i+1:])...)
		case begins && word == "docker" && i+1 < len(words) && words[i+1] == "ghacache":
			return append(calls, upToEnd(words[i+2:])...)
		}
	}
	return calls
}

func upToEnd(words []string) [][]string {
	end := slices.Index(words, "--")
	if end < 0 {
		return [][]string{words}
	}
	return append([][]string{words[:end]}, ours(words[end:])...)
}
