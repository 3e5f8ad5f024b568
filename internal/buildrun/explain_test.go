package buildrun

import (
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/builders"
	"github.com/docker-ghacache/docker-ghacache/internal/diagnose"
)

func TestSituationOfABuilder(t *testing.T) {
	host := builders.Node{Endpoint: "unix:///var/run/docker.sock", DriverOpts: map[string]string{"network": "host"}}
	alone := builders.Node{Endpoint: "unix:///var/run/docker.sock"}
	known := diagnose.Situation{Driver: "docker-container", Network: "host", Endpoint: "unix:///var/run/docker.sock"}
	for name, c := range map[string]struct {
		nodes []builders.Node
		want  diagnose.Situation
	}{
		"one node":               {[]builders.Node{host}, known},
		"nodes that are alike":   {[]builders.Node{host, host}, known},
		"nodes that differ":      {[]builders.Node{host, alone}, diagnose.Situation{}},
		"nodes that differ late": {[]builders.Node{host, host, alone, host}, diagnose.Situation{}},
		"no node that is known":  {nil, diagnose.Situation{}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := situationOf(&builders.Builder{Driver: "docker-container", Nodes: c.nodes}); got != c.want {
				t.Errorf("got %+v", got)
			}
		})
	}
}
