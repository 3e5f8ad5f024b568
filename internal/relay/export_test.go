package relay

import (
	"bytes"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
)

func TestAnExportThroughTheRelayIsWhatAnExportWithoutItIs(t *testing.T) {
	u := serve(t, cacheserver.Options{})
	r := start(t, u)
	layers := []layer{newLayer(1, 0), newLayer(2, 1), newLayer(3, 200<<10), newLayer(4, 1<<20), newLayer(5, 1<<20+1), newLayer(6, 4<<20), newLayer(7, 9<<20+7), newLayer(8, 40<<20)}
	if err := export(t.Context(), r.client(t), "app", layers...); err != nil {
		t.Fatal(err)
	}
	if n := checkIndexes(t, u); n != 1 {
		t.Errorf("%d indexes", n)
	}
	var size int64
	for _, through := range []string{"the service", "the relay"} {
		c := u.client(t)
		if through == "the relay" {
			c = r.client(t)
		}
		for _, l := range layers {
			if got := load(t, c, l.key); !bytes.Equal(got, l.content) || got == nil {
				t.Errorf("%s has %d bytes that differ from the %d saved", through, len(got), len(l.content))
			}
		}
		index := load(t, c, bkcache.IndexPrefix("app", mainRef, false)+"#")
		if size = int64(len(index)); !bytes.Equal(index, indexOf(layers...)) {
			t.Errorf("%s has the index %s", through, index)
		}
	}
	for _, l := range layers {
		size += int64(len(l.content))
	}
	got := r.Stats()
	if got.Layers != len(layers) || got.Indexes != 1 || got.Sent != size || got.Reused != 0 || got.Failed != 0 || got.Sending == 0 {
		t.Errorf("%+v, want %d bytes", got, size)
	}
}
