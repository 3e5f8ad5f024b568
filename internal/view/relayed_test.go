package view

import (
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/relay"
)

func TestRelayed(t *testing.T) {
	for _, tt := range []struct {
		name, want string
		stats      relay.Stats
	}{
		{"nothing", "", relay.Stats{}},
		{"nothing new but the index", "sent 0 layers (1KiB) in 50ms, reused 3 layers", relay.Stats{Indexes: 1, Sent: 1024, Sending: 51 * time.Millisecond, Reused: 3}},
		{"an import", "read 64MiB", relay.Stats{Reads: 3, Read: 64 << 20}},
		{"an import that was here before", "read 64MiB, 16MiB of it from this machine", relay.Stats{Reads: 3, Read: 64 << 20, Local: 16 << 20}},
		{"one layer", "sent 1 layer (1KiB) in 1.26s", relay.Stats{Layers: 1, Sent: 1024, Sending: 1260 * time.Millisecond}},
		{
			"all of it", "sent 7 layers (448MiB) in 1.2s, reused 2 layers, failed to send 1 layer, read 64MiB, the service asked 3 times to wait, waited 2s for its limits",
			relay.Stats{Layers: 7, Sent: 448 << 20, Sending: 1200 * time.Millisecond, Reused: 2, Failed: 1, Throttled: 3, Waited: 2 * time.Second, Read: 64 << 20},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := Relayed(tt.stats); got != tt.want {
				t.Errorf("got %q", got)
			}
		})
	}
}
