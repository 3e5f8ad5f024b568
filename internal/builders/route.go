package builders

import (
	"fmt"
	"net/url"
	"slices"

	"github.com/docker-ghacache/docker-ghacache/internal/release"
)

// desktopHost is the name by which a container of Docker Desktop reaches the loopback
// interface of the machine that Docker Desktop runs on.
const desktopHost = "host.docker.internal"

const loopback = "127.0.0.1"

// Route is a way from a builder to a server on this machine, which may not exist.
type Route struct {
	Listen string // the host to listen on, an address of this machine
	Dial   string // the host by which BuildKit reaches it
}

// Routes are the ways by which all nodes of a builder may reach this machine, the most
// likely first. Whether one of them works, only the nodes can tell: see [Fetch]. There are
// none where nothing tells an address: remote builders on other machines, kubernetes, and
// the cloud.
//
// A build gives all nodes the same address. Where they differ, that of a network comes
// first: other nodes on the same machine reach it as well.
func (b *Builder) Routes() []Route {
	var networks, others []Route
	for _, n := range b.Nodes {
		own, rest := b.routes(n)
		networks, others = append(networks, own...), append(others, rest...)
	}
	var all []Route
	for _, r := range slices.Concat(networks, others) {
		if !slices.Contains(all, r) {
			all = append(all, r)
		}
	}
	return all
}

// routes are those of a node: on the networks of its container, and others.
func (b *Builder) routes(n Node) (networks, others []Route) {
	here, desktop := Route{loopback, loopback}, Route{loopback, desktopHost}
	switch b.Driver {
	case "docker":
		return nil, []Route{here, desktop}
	case "docker-container":
		if !n.ownNetwork() {
			return nil, []Route{here, desktop}
		}
		for _, address := range n.Gateways {
			networks = append(networks, Route{address, address})
		}
		return networks, []Route{desktop}
	case "remote":
		if localEndpoint(n.Endpoint) {
			return nil, []Route{here}
		}
	}
	return nil, nil
}

// FixReach is how the nodes of a builder get to use a route, a line for each way; empty if it is not known.
func (b *Builder) FixReach(r Route) string {
	if b.Driver != "docker-container" || !slices.ContainsFunc(b.Nodes, Node.ownNetwork) {
		return ""
	}
	ways := release.CreateBuilder + " --driver-opt network=host   # a builder that reaches all of this machine\n"
	if r.Listen == loopback {
		return ways
	}
	return fmt.Sprintf("sudo iptables -I INPUT -p tcp -d %s -j ACCEPT   # if a firewall of this machine drops it\n%s", r.Listen, ways)
}

// localEndpoint says that a BuildKit is reached by a socket of this machine.
func localEndpoint(endpoint string) bool {
	u, err := url.Parse(endpoint)
	return err == nil && (u.Scheme == "unix" || u.Scheme == "npipe" || u.Scheme == "tcp" && Loopback(endpoint))
}
