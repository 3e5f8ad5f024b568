package migrate

import (
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
	"mvdan.cc/sh/v3/syntax"
)

var shellRE = regexp.MustCompile(`^(?:/\S*/)?(?:ba|da|z|k)?sh\b`)

// run judges the script of a step.
func (f *file) run(s *scope, step, run *yaml.Node) {
	t := s.doc.text(run)
	if shell := get(step, "shell"); shell != nil && !shellRE.MatchString(shell.Value) {
		f.loose(s, t.suggested())
		return
	}
	f.shell(s, t)
}

// shell judges a script word by word. One that does not parse, a PowerShell
// script for one, is read line by line, and edits to it are suggestions.
func (f *file) shell(s *scope, t text) {
	prog, err := syntax.NewParser().Parse(strings.NewReader(masked(t.value)), "")
	if err != nil {
		f.loose(s, t.suggested())
		return
	}
	sh := &script{t: t, s: &scope{outer: s, doc: s.doc, vars: map[string][]text{}}}
	var words []*syntax.Word
	var assigns []*syntax.Assign
	var loops []*syntax.WordIter
	syntax.Walk(prog, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Word:
			words = append(words, n)
		case *syntax.Assign:
			assigns = append(assigns, n)
		case *syntax.WordIter:
			loops = append(loops, n)
		case *syntax.ParamExp:
			sh.preset(n)
		}
		return true
	})
	for _, a := range assigns {
		for _, v := range sh.assign(a) {
			f.shellWord(s, v)
		}
	}
	for _, l := range loops {
		sh.loop(l)
	}
	for _, w := range words {
		for _, v := range sh.word(w.Parts) {
			f.shellWord(s, v)
		}
	}
}

// shellWord scans a word. One of several lines is a here-document or a script
// for another program.
func (f *file) shellWord(s *scope, t text) {
	if strings.Contains(strings.TrimSpace(t.value), "\n") {
		f.loose(s, t.suggested())
		return
	}
	for _, v := range s.expand(t) {
		f.word(v, "run")
	}
}
