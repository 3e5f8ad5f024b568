package buildrun

import (
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/cacheopts"
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/spf13/pflag"
)

const variables = "GHACACHE_"

// variable is the one that sets an option.
func variable(f *pflag.Flag) string { return variableOf(f.Name) }

func variableOf(flag string) string {
	return variables + strings.ToUpper(strings.ReplaceAll(strings.TrimPrefix(flag, "gha-"), "-", "_"))
}

// Misspelt warns of each variable in environ whose name is nearly that of an option of build or bake, in the order of
// names. Others that begin with GHACACHE_ may be for somebody else, as those that "serve --upstream" prints.
func Misspelt(environ []string) []cacheopts.Note {
	flags := Flags("bake") // has those of build, too
	var notes []cacheopts.Note
	for _, pair := range slices.Sorted(slices.Values(environ)) {
		name, value, _ := strings.Cut(pair, "=")
		rest, ours := strings.CutPrefix(name, variables)
		if !ours || rest == "" || value == "" {
			continue
		}
		if meant := nearest(flags, rest); meant != "" && !same(meant, name) {
			text := fmt.Sprintf("the variable %s sets no option, and is ignored", name)
			notes = append(notes, cacheopts.Note{Level: cacheopts.LevelWarning, Text: text, Hint: meant})
		}
	}
	return notes
}

// same reports whether two names are those of one variable. On Windows, they ignore case.
func same(a, b string) bool { return a == b || runtime.GOOS == "windows" && strings.EqualFold(a, b) }

// nearest is the variable that was probably meant by one with this name after GHACACHE_; empty if none was.
func nearest(flags *pflag.FlagSet, name string) string {
	flag := "gha-" + strings.ToLower(strings.ReplaceAll(name, "_", "-"))
	if flags.Lookup(flag) != nil {
		return variableOf(flag)
	}
	if near := hint.Flag(flags, flag); near != "" {
		return variableOf(strings.TrimPrefix(near, "--"))
	}
	return ""
}
