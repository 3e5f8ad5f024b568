package plugin

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"mvdan.cc/sh/v3/syntax"
)

// operand matches an operand of a usage line: PATH, [TARGET...], -.
var operand = regexp.MustCompile(`\b[A-Z]+\b`)

func TestEveryCommandHasAUsageLineAndExamplesThatCanBeRead(t *testing.T) {
	documented := 0
	for _, cmd := range append(visible(Reference()), Reference()) {
		path := strings.TrimPrefix(cmd.CommandPath(), "docker ghacache")
		t.Run(cmd.CommandPath(), func(t *testing.T) {
			usage := cmd.UseLine()
			if cmd.Flags().HasAvailableFlags() && cmd.Runnable() && path != "" && !cmd.HasSubCommands() && !strings.Contains(usage, "[OPTIONS]") {
				t.Errorf("the usage line %q has no [OPTIONS]", usage)
			}
			if strings.Contains(usage, "[flags]") || strings.Contains(usage, "…") {
				t.Errorf("the usage line %q is not as docker writes them", usage)
			}
			if cmd.Example == "" {
				t.Fatal("there is no example")
			}
			operands := 0
			for line := range strings.Lines(cmd.Example) {
				words := pluginWords(t, line)
				found, args, err := Reference().Find(words)
				check(t, err)
				if found.Name() != cmd.Name() && !cmd.HasSubCommands() {
					t.Errorf("%s is no example of it", line)
				}
				if found.DisableFlagParsing { // those of buildx
					operands += len(args)
					continue
				}
				check(t, found.ParseFlags(args))
				if found.Args != nil {
					check(t, found.Args(found, found.Flags().Args()))
				}
				operands += found.Flags().NArg()
			}
			names := slices.DeleteFunc(operand.FindAllString(strings.TrimSuffix(usage, " COMMAND"), -1), func(s string) bool { return s == "OPTIONS" || s == "DIR" })
			if len(names) > 0 && operands == 0 {
				t.Errorf("no example has the operands %q", names)
			}
		})
		documented++
	}
	if n := len(examples()); n != documented {
		t.Errorf("there are examples for %d commands, and %d commands", n, documented)
	}
}

// visible are the commands below that --help lists.
func visible(cmd *cobra.Command) (all []*cobra.Command) {
	for _, c := range cmd.Commands() {
		if !c.Hidden {
			all = append(append(all, c), visible(c)...)
		}
	}
	return all
}

// pluginWords are the words after "docker ghacache" in a line of shell.
func pluginWords(t *testing.T, line string) []string {
	t.Helper()
	file, err := syntax.NewParser().Parse(strings.NewReader(line), "")
	check(t, err)
	var words []string
	syntax.Walk(file, func(node syntax.Node) bool {
		call, ok := node.(*syntax.CallExpr)
		if !ok || words != nil {
			return true
		}
		var all []string
		for _, w := range call.Args {
			lit := w.Lit()
			if lit == "" {
				lit = strings.Trim(line[w.Pos().Offset():w.End().Offset()], `'"`)
			}
			all = append(all, lit)
		}
		if len(all) > 2 && all[0] == "docker" && all[1] == name {
			words = all[2:]
		}
		return true
	})
	if words == nil {
		t.Errorf("%q does not run docker", line)
	}
	return words
}
