package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/diagnose"
)

const aboutTroubles = `# Troubleshooting, by error text

Search this page for a part of the error. ` + "`docker ghacache explain build.log`" + ` does the same with a whole log: it finds the error on which
the build ended, and knows more than the text, such as who printed it. ` + "`docker ghacache doctor`" + ` finds most problems without a log.

An ellipsis is what differs from message to message. "Probably" means that the text has other explanations, too. Of several fixes,
the first that fits is enough. This page is generated from the catalogue of ` + "`explain`" + `.
`

// troubles is the page of all causes.
func troubles() string {
	var page strings.Builder
	page.WriteString(aboutTroubles)
	texts := diagnose.Texts()
	var shown []string
	for _, c := range diagnose.Catalogue() {
		if slices.Contains(shown, c.ID) {
			continue // two expressions of one cause
		}
		shown = append(shown, c.ID)
		said := "No text of its own tells this; `explain` and `doctor` find it by what else they know."
		if lines := texts[c.ID]; len(lines) > 0 {
			said = "```text\n" + strings.Join(lines, "\n") + "\n```"
		}
		fmt.Fprintf(&page, "\n## %s\n\n%s\n\n%s.\n\n```sh\n%s\n```\n", c.ID, said, upper(c.Claim()), strings.Join(c.Advice, "\n"))
	}
	return page.String()
}

func upper(text string) string { return strings.ToUpper(text[:1]) + text[1:] }
