package buildrun

import (
	"fmt"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/relay"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
)

// relayLine says what a relay did.
func relayLine(s relay.Stats) string {
	text := fmt.Sprintf("sent %s (%s) in %s", layers(s.Layers), ui.Size(s.Sent), seconds(s.Sending))
	if s.Reused > 0 {
		text += fmt.Sprintf(", reused %d", s.Reused)
	}
	if s.Failed > 0 {
		text += fmt.Sprintf(", failed to send %d", s.Failed)
	}
	if s.Throttled > 0 {
		text += fmt.Sprintf("; the service asked %d times to wait", s.Throttled)
	}
	if s.Waited > 0 {
		text += fmt.Sprintf("; waited %s for the limits of the service", seconds(s.Waited))
	}
	if s.Read > 0 {
		text += fmt.Sprintf("; read %s", ui.Size(s.Read))
	}
	return text
}

func layers(n int) string {
	if n == 1 {
		return "1 layer"
	}
	return fmt.Sprintf("%d layers", n)
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }
