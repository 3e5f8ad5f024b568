package buildrun

import (
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/builders"
	"github.com/docker-ghacache/docker-ghacache/internal/diagnose"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
)

// explain says why the build failed, and what to do.
func (inv *invocation) explain(finding diagnose.Finding) {
	cause := finding.In(inv.situation).Cause
	inv.env.Notes.Note(ui.Error, cause.Claim(), strings.Join(cause.Advice, "\n"))
}

// situationOf is what explains a failure beside its text: nothing, where the nodes of the builder differ.
func situationOf(b *builders.Builder) diagnose.Situation {
	var s diagnose.Situation
	for i, n := range b.Nodes {
		node := diagnose.Situation{Driver: b.Driver, Network: n.DriverOpts["network"], Endpoint: n.Endpoint}
		if i > 0 && node != s {
			return diagnose.Situation{}
		}
		s = node
	}
	return s
}
