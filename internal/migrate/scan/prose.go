package scan

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/docker-ghacache/docker-ghacache/internal/lazyregexp"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/source"
)

// proseRE matches inputs and variables whose value is text for people, a key, or the
// name of what is made.
var proseRE = lazyregexp.New(`(?i)^(?:.*[-_])?(?:body|message|msg|text|title|comment|summary|description|desc|notes?|changelog|prompt|content|payload|subject|markdown|help|reason|usage|keys?|tags|labels|annotations)$`)

// says are commands that print or compare their arguments.
func says(command string) bool {
	return slices.Contains([]string{"echo", "printf", "test", "[", ":", "git", "gh", "Write-Host", "Write-Output", "LABEL"}, command) || looks(command)
}

// looks are commands that look for their arguments, whoever reads the outcome.
func looks(command string) bool {
	return slices.Contains([]string{"grep", "egrep", "fgrep", "rg", "zgrep"}, command)
}

// prose lists the words of a script that are printed, compared or looked for. What is
// printed into a file or into another command is none.
func prose(prog *syntax.File) map[*syntax.Word]bool {
	found, piped := map[*syntax.Word]bool{}, map[*syntax.Stmt]bool{}
	mark := func(words ...*syntax.Word) {
		for _, w := range words {
			found[w] = true
		}
	}
	syntax.Walk(prog, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.BinaryCmd:
			if n.Op == syntax.Pipe || n.Op == syntax.PipeAll {
				piped[n.X] = !looks(command(n.Y))
			}
		case *syntax.Stmt:
			name := command(n)
			if looks(name) || says(name) && !piped[n] && !written(n) || name == "docker" && handles(n) {
				mark(arguments(n)...)
			}
			if summary(n) {
				for _, r := range n.Redirs {
					mark(r.Hdoc)
				}
			}
		case *syntax.Assign:
			if n.Name != nil && n.Value != nil && proseRE().MatchString(n.Name.Value) {
				mark(n.Value)
			}
		case *syntax.CaseItem:
			mark(n.Patterns...)
		case *syntax.BinaryTest:
			for _, x := range []syntax.TestExpr{n.X, n.Y} {
				if w, ok := x.(*syntax.Word); ok {
					mark(w)
				}
			}
		}
		return true
	})
	return found
}

// command is the name of the program that a statement runs, if it is written out.
func command(s *syntax.Stmt) string {
	words := arguments(s)
	if len(words) == 0 {
		return ""
	}
	return words[0].Lit()
}

// arguments are the words of a statement that runs a program, its name among them.
func arguments(s *syntax.Stmt) []*syntax.Word {
	if call, ok := s.Cmd.(*syntax.CallExpr); ok {
		return call.Args
	}
	return nil
}

// handles says that a docker command only handles an image, and builds nothing with it.
func handles(s *syntax.Stmt) bool {
	args := arguments(s)
	return len(args) > 1 && slices.Contains([]string{"pull", "push", "tag", "save", "inspect", "history", "rmi", "image", "images", "scout", "manifest"}, args[1].Lit())
}

// written says that the output of a statement goes to a file other than the summary
// of the job, which people read.
func written(s *syntax.Stmt) bool {
	return !summary(s) && slices.ContainsFunc(s.Redirs, func(r *syntax.Redirect) bool {
		return r.Op == syntax.RdrOut || r.Op == syntax.AppOut || r.Op == syntax.RdrAll || r.Op == syntax.AppAll || r.Op == syntax.RdrClob
	})
}

func summary(s *syntax.Stmt) bool {
	return slices.ContainsFunc(s.Redirs, func(r *syntax.Redirect) bool {
		if r.Word == nil {
			return false
		}
		var out strings.Builder
		return syntax.NewPrinter().Print(&out, r.Word) == nil && strings.Contains(out.String(), "GITHUB_STEP_SUMMARY")
	})
}

var (
	betweenRE = lazyregexp.New(`&&|\|\||[;|]`)
	makeSays  = lazyregexp.New(`\$\((?:info|warning|error)\s[^)]*\)`)
)

// spokenLine leaves out the commands of a line that only print or look.
func spokenLine(line source.Text) (out []source.Text) {
	start := 0
	var ends [][]int
	if strings.ContainsAny(line.Value, "&;|") {
		ends = betweenRE().FindAllStringIndex(line.Value, -1)
	}
	for _, end := range append(ends, []int{len(line.Value), len(line.Value)}) {
		part := line.Cut(start, end[0])
		start = end[1]
		name := program(part.Value)
		piped := end[0] < len(line.Value) && line.Value[end[0]:end[1]] == "|"
		if looks(name) || says(name) && !strings.Contains(part.Value, ">") && !piped {
			continue
		}
		for {
			at := printed(part.Value)
			if at == nil {
				break
			}
			out = append(out, part.Cut(0, at[0]))
			part = part.Cut(at[1], len(part.Value))
		}
		out = append(out, part)
	}
	return out
}

// printed is where a Makefile prints.
func printed(s string) []int {
	if !strings.Contains(s, "$(info") && !strings.Contains(s, "$(warning") && !strings.Contains(s, "$(error") {
		return nil
	}
	return makeSays().FindStringIndex(s)
}

// program is the first word of a command, behind what a Dockerfile, a Makefile or a
// shell has before it.
func program(command string) string {
	for word := range strings.FieldsSeq(strings.TrimLeft(command, " \t\r\n\f@+({-")) {
		if !slices.Contains([]string{"RUN", "if", "then", "else", "do", "!"}, word) {
			return word
		}
	}
	return ""
}
