package diagnose_test

import (
	"strings"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/diagnose"
)

// refused is what BuildKit says of a cache service on loopback that does not answer it, whatever the reason.
const refused = `Post "http://127.0.0.1:41230/twirp/github.actions.results.api.v1.CacheService/GetCacheEntryDownloadURL": dial tcp 127.0.0.1:41230: connect: connection refused`

var situations = map[string]struct {
	diagnose.Situation
	want    string
	certain bool
}{
	"nothing is known": {diagnose.Situation{}, "loopback-refused", false},
	"a container with a network of its own": {
		diagnose.Situation{Driver: "docker-container"}, "loopback-from-container", true},
	"a container on another network": {
		diagnose.Situation{Driver: "docker-container", Network: "ci"}, "loopback-from-container", true},
	"a container on the host's network": {
		diagnose.Situation{Driver: "docker-container", Network: "host", Endpoint: "unix:///var/run/docker.sock"}, "loopback-silent", false},
	"a container on another container's network": {
		diagnose.Situation{Driver: "docker-container", Network: "container:runner"}, "loopback-refused", false},
	"a pod": {
		diagnose.Situation{Driver: "kubernetes"}, "loopback-from-elsewhere", false},
	"the Engine's own BuildKit": {
		diagnose.Situation{Driver: "docker"}, "loopback-silent", false},
	"a BuildKit on this machine": {
		diagnose.Situation{Driver: "remote", Endpoint: "unix:///run/buildkit/buildkitd.sock"}, "loopback-silent", false},
	"a BuildKit behind a port, which may be a container's": {
		diagnose.Situation{Driver: "remote", Endpoint: "tcp://localhost:1234"}, "loopback-refused", false},
	"a BuildKit in a container of the user's, which may use the host's network": {
		diagnose.Situation{Driver: "remote", Endpoint: "docker-container://buildkitd"}, "loopback-refused", false},
	"a relay for a container with a network of its own": {
		diagnose.Situation{Driver: "docker-container", Relayed: true}, "loopback-silent", false},
	"Docker Build Cloud": {
		diagnose.Situation{Driver: "cloud"}, "loopback-from-elsewhere", false},
}

func TestASilentLoopbackIsJudgedByTheBuilder(t *testing.T) {
	for name, test := range situations {
		t.Run(name, func(t *testing.T) {
			found, ok := diagnose.ExplainError(refused)
			if !ok {
				t.Fatal("not known")
			}
			cause := found.In(test.Situation).Cause
			if cause.ID != test.want || cause.Certain != test.certain {
				t.Errorf("got %s, certain %v; want %s, %v", cause.ID, cause.Certain, test.want, test.certain)
			}
			text := cause.Title + strings.Join(cause.Advice, "\n")
			if !strings.Contains(cause.Title, "127.0.0.1:41230") || strings.Contains(text, "HOST:PORT") {
				t.Errorf("%s\n%s", cause.Title, text)
			}
		})
	}
}

func TestASituationChangesNoOtherCause(t *testing.T) {
	found, _ := diagnose.ExplainError("maximum timeout reached")
	if got := found.In(diagnose.Situation{Driver: "docker-container"}); got.Cause.ID != found.Cause.ID {
		t.Errorf("got %s", got.Cause.ID)
	}
}
