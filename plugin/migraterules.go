package plugin

import (
	"fmt"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/migrate"
	"github.com/spf13/cobra"
)

func ruleList() string {
	var b strings.Builder
	for _, r := range migrate.Rules() {
		fmt.Fprintf(&b, "    %-17s %s\n", r.ID, r.Text)
	}
	return strings.TrimRight(b.String(), "\n")
}

func ruleCompletions() (rules []cobra.Completion) {
	for _, r := range migrate.Rules() {
		rules = append(rules, cobra.CompletionWithDesc(r.ID, r.Text))
	}
	return rules
}

// nearRules suggests the rules that share a word with id, else the list of all.
func nearRules(id string) string {
	var near []string
	for _, r := range migrate.Rules() {
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
