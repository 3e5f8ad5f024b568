package relay

import (
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
)

// BenchmarkExport exports as BuildKit does, without the time that BuildKit itself needs.
func BenchmarkExport(b *testing.B) {
	for name, work := range map[string]struct{ layers, size int }{"7x64MiB": {7, 64 << 20}, "100x200kB": {100, 200 << 10}} {
		var layers []layer
		for i := range work.layers {
			layers = append(layers, newLayer(uint64(i), work.size))
		}
		for _, way := range []string{"direct", "relay"} {
			b.Run(name+"/"+way, func(b *testing.B) {
				for b.Loop() {
					b.StopTimer()
					u := serve(b, cacheserver.Options{Latency: 20 * time.Millisecond})
					c := u.client(b)
					if way == "relay" {
						c = start(b, u).client(b)
					}
					b.StartTimer()
					if err := export(b.Context(), c, "app", layers...); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
