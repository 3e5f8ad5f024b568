package plugin

import (
	"fmt"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/migrate/rules"
	"github.com/spf13/cobra"
)

func ruleList() string {
	var b strings.Builder
	for _, r := range rules.All() {
		fmt.Fprintf(&b, "    %-17s %s\n", r.ID, r.Text)
	}
	return strings.TrimRight(b.String(), "\n")
}

func ruleCompletions() (all []cobra.Completion) {
	for _, r := range rules.All() {
		all = append(all, cobra.CompletionWithDesc(r.ID, r.Text))
	}
	return all
}

// nearRules suggests the rules that share a word with id, else the list of all.
func nearRules(id string) string {
	var near []string
	for _, r := range rules.All() {
		for word := range strings.SplitSeq(r.ID, "-") {
			if len(word) > 2 && strings.Contains(id, word) {
				near = append(near, "--only "+r.ID)
				break
			}
		}
	}
	if near == nil {
		return "docker ghacache migrate-v2 --help"
	}
	return strings.Join(near, "\n")
}
