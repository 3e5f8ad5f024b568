package view

import (
	"fmt"
	"strings"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/relay"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
)

// Relayed says what a relay did, empty if it had nothing to do.
func Relayed(s relay.Stats) string {
	var did []string
	add := func(happened bool, format string, args ...any) {
		if happened {
			did = append(did, fmt.Sprintf(format, args...))
		}
	}
	add(s.Sent > 0, "sent %s (%s) in %s", relayedLayers(s.Layers), ui.Size(s.Sent), short(s.Sending))
	add(s.Reused > 0, "reused %s", relayedLayers(s.Reused))
	add(s.Failed > 0, "failed to send %s", relayedLayers(s.Failed))
	add(s.Read > 0, "read %s", ui.Size(s.Read))
	add(s.Local > 0, "%s of it from this machine", ui.Size(s.Local))
	add(s.Throttled > 0, "the service asked %d times to wait", s.Throttled)
	add(s.Waited > 0, "waited %s for its limits", short(s.Waited))
	return strings.Join(did, ", ")
}

func relayedLayers(n int) string { return ui.Count(n, "layer", "layers") }

func short(d time.Duration) time.Duration { return d.Round(10 * time.Millisecond) }
