package buildrun

import (
	"github.com/docker-ghacache/docker-ghacache/internal/builders"
	"github.com/docker-ghacache/docker-ghacache/internal/diagnose"
)

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
