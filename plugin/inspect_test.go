package plugin

import (
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/servertest"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
)

func TestInspect(t *testing.T) {
	tests := []struct {
		name string
		args []string
	}{
		{"shared-layers-and-branches", []string{"web"}},
		{"several-refs", []string{"app"}},
		{"layers-that-were-evicted", []string{"\x1b[31mapp"}},
		{"no-such-scope", []string{"none"}},
		{"no-such-ref", []string{"web", "--ref", "12"}},
		{"json", []string{"web", "--format", "json"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			args := append([]string{"inspect"}, tt.args...)
			leftOnScreens(t, "inspect/"+tt.name, func() *desk { return exampleJob(t, cacheserver.Options{}) }, 60, args)
		})
	}
}

func TestInspectSaysWhatItCannotRead(t *testing.T) {
	left(t, "inspect/laptop", exampleLaptop(t).run("inspect", "app"))
	d := serve(t, cacheserver.Options{Refs: servertest.Refs()}, servertest.Example(), servertest.OpenPull, servertest.Main)
	left(t, "inspect/other-refs", d.run("inspect", "app"))
	d = exampleJob(t, cacheserver.Options{Faults: servertest.Faults(t, "POST /twirp/*:403")})
	left(t, "inspect/broken-content", d.run("inspect", "web"))
}
