package builders

import (
	"slices"
	"testing"
)

func TestRoutes(t *testing.T) {
	bridge := Node{Gateways: []string{"172.18.0.1"}}
	host := Node{DriverOpts: map[string]string{"network": "host"}}
	here, desktop := Route{"127.0.0.1", "127.0.0.1"}, Route{"127.0.0.1", "host.docker.internal"}
	gateway := Route{"172.18.0.1", "172.18.0.1"}
	for _, tt := range []struct {
		name, driver string
		nodes        []Node
		want         []Route
	}{
		{"a container on a network of its own", "docker-container", []Node{bridge}, []Route{gateway, desktop}},
		{"a container on two networks", "docker-container", []Node{{Gateways: []string{"10.0.0.1", "fd00::1"}}}, []Route{{"10.0.0.1", "10.0.0.1"}, {"fd00::1", "fd00::1"}, desktop}},
		{"a container on the host's network", "docker-container", []Node{host}, []Route{here, desktop}},
		{"a container on that of another one, which may be the host's", "docker-container", []Node{{DriverOpts: map[string]string{"network": "container:x"}}}, []Route{here, desktop}},
		{"two nodes on one network", "docker-container", []Node{bridge, bridge}, []Route{gateway, desktop}},
		{"the network comes first, which the other node reaches too", "docker-container", []Node{host, bridge}, []Route{gateway, here, desktop}},
		{"an Engine", "docker", []Node{{Endpoint: "default"}}, []Route{here, desktop}},
		{"a buildkitd behind a socket", "remote", []Node{{Endpoint: "unix:///run/buildkit/buildkitd.sock"}}, []Route{here}},
		{"a buildkitd on a port of this machine", "remote", []Node{{Endpoint: "tcp://127.0.0.1:1234"}}, []Route{here}},
		{"a buildkitd elsewhere", "remote", []Node{{Endpoint: "tcp://buildkitd:1234"}}, nil},
		{"a buildkitd in a container", "remote", []Node{{Endpoint: "docker-container://buildkitd"}}, nil},
		{"pods", "kubernetes", []Node{{Endpoint: "kubernetes:///x"}}, nil},
		{"the cloud", "cloud", []Node{{Endpoint: "cloud://org/builder"}}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := &Builder{Driver: tt.driver, Nodes: tt.nodes}
			if got := b.Routes(); !slices.Equal(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestFixReach(t *testing.T) {
	const create = "docker buildx create --driver docker-container --use --driver-opt network=host   # a builder that reaches all of this machine\n"
	host := Node{DriverOpts: map[string]string{"network": "host"}}
	for _, tt := range []struct {
		name, driver string
		node         Node
		listen, want string
	}{
		{"a container on a network of its own", "docker-container", Node{}, "172.18.0.1", "sudo iptables -I INPUT -p tcp -d 172.18.0.1 -j ACCEPT   # if a firewall of this machine drops it\n" + create},
		{"no firewall makes the loopback interface of another network", "docker-container", Node{}, "127.0.0.1", create},
		{"a container on the host's network", "docker-container", host, "127.0.0.1", ""},
		{"a buildkitd", "remote", Node{}, "10.0.0.5", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := &Builder{Driver: tt.driver, Nodes: []Node{tt.node}}
			if got := b.FixReach(Route{tt.listen, tt.listen}); got != tt.want {
				t.Errorf("got %q", got)
			}
		})
	}
}
