package diagnose

import (
	"slices"
	"strings"
)

// A Situation is what is known of the builder beside its log: the same of all its nodes. The zero value knows nothing.
type Situation struct {
	Driver   string // docker, docker-container, kubernetes, remote or cloud
	Network  string // the driver option network=
	Endpoint string // of the node, as docker buildx ls shows it
	Relayed  bool   // a relay on this machine uses the service in its place
}

// network is whose network the builder has.
type network int

const (
	unknown   network = iota
	own               // of a container on this machine
	elsewhere         // of another machine, or of a pod
	host              // of this machine
)

func (s Situation) network() network {
	if s.Relayed {
		return host
	}
	switch s.Driver {
	case "docker":
		return host
	case "kubernetes", "cloud":
		return elsewhere
	case "docker-container":
		switch {
		case s.Network == "host":
			return host
		case strings.HasPrefix(s.Network, "container:"):
			return unknown
		}
		return own
	case "remote":
		if strings.HasPrefix(s.Endpoint, "unix://") {
			return host // or in a container whose socket was mounted, which nothing tells
		}
	}
	return unknown
}

// In is the finding for one who knows more than the log.
func (f Finding) In(s Situation) Finding {
	return f.in(s.network())
}

// OfDoctor is the finding of an error that this program met itself, on this machine. It does not speak version 1 to a
// service that has none.
func (f Finding) OfDoctor() Finding {
	if f.Cause.ID != webPage {
		return f.in(host)
	}
	f.Cause = catalogue()[slices.IndexFunc(catalogue(), func(c Cause) bool { return c.ID == serviceDown })]
	f.Cause.Certain = false
	return f
}

func (f Finding) in(n network) Finding {
	if f.Cause.ID != loopbackRefused {
		return f
	}
	switch n {
	case own:
		f.Cause = loopbackOutOfReach().at(f.Cause.hostPort)
	case elsewhere:
		f.Cause = loopbackElsewhere().at(f.Cause.hostPort)
	case host:
		f.Cause = loopbackSilent().at(f.Cause.hostPort)
	case unknown:
	}
	return f
}
