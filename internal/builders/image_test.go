package builders

import (
	"maps"
	"slices"
	"testing"

	"github.com/docker/buildx/store"
)

func TestMovingImage(t *testing.T) {
	for name, c := range map[string]struct{ image, want string }{
		"a pinned tag":                     {"moby/buildkit:v0.12.5", "moby/buildkit:buildx-stable-1"},
		"without root":                     {"moby/buildkit:v0.12.5-rootless", "moby/buildkit:buildx-stable-1-rootless"},
		"the moving one without root":      {"moby/buildkit:rootless", "moby/buildkit:buildx-stable-1-rootless"},
		"a digest":                         {"moby/buildkit@sha256:0123", "moby/buildkit:buildx-stable-1"},
		"a tag and a digest":               {"moby/buildkit:v0.12.5@sha256:0123", "moby/buildkit:buildx-stable-1"},
		"Docker Hub by its name":           {"docker.io/moby/buildkit:v0.12.5", "moby/buildkit:buildx-stable-1"},
		"a mirror with a port":             {"localhost:5000/moby/buildkit:v0.12.5", "localhost:5000/moby/buildkit:buildx-stable-1"},
		"a mirror with a port, no tag":     {"localhost:5000/moby/buildkit", "localhost:5000/moby/buildkit:buildx-stable-1"},
		"a proxy's folder":                 {"mirror.example/hub/moby/buildkit:latest", "mirror.example/hub/moby/buildkit:buildx-stable-1"},
		"an image of somebody's own":       {"ghcr.io/acme/buildkit:v0.12.5", ""},
		"one that only sounds like it":     {"ghcr.io/acme-moby/buildkit:v0.12.5", ""},
		"an image of somebody's own, bare": {"buildkit", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := movingImage(c.image)
			if got != c.want || (err != nil) != (c.want == "") {
				t.Errorf("got %q, %v, want %q", got, err, c.want)
			}
		})
	}
}

func TestRenewedKeepsAllButThePin(t *testing.T) {
	was := &store.NodeGroup{Name: "b", Driver: "docker-container", Nodes: []store.Node{
		{
			Name: "b0", Endpoint: "default", BuildkitdFlags: []string{"--debug"},
			DriverOpts: map[string]string{"image": "moby/buildkit:v0.12.5", "network": "host", "env.A": "b"},
			Files:      map[string][]byte{"buildkitd.toml": []byte("debug = true")},
		},
		{Name: "b1", Endpoint: "far", DriverOpts: map[string]string{"image": "mirror.example/moby/buildkit:v0.12.5"}},
		{Name: "b2"},
	}}
	now, err := renewed(was)
	if err != nil {
		t.Fatal(err)
	}
	n := now.Nodes[0]
	if !maps.Equal(n.DriverOpts, map[string]string{"network": "host", "env.A": "b"}) {
		t.Errorf("options are %v", n.DriverOpts)
	}
	if now.Name != "b" || n.Endpoint != "default" || !slices.Equal(n.BuildkitdFlags, []string{"--debug"}) || string(n.Files["buildkitd.toml"]) != "debug = true" {
		t.Errorf("got %+v", n)
	}
	if image := now.Nodes[1].DriverOpts["image"]; image != "mirror.example/moby/buildkit:buildx-stable-1" {
		t.Errorf("image is %q", image)
	}
	if was.Nodes[0].DriverOpts["image"] != "moby/buildkit:v0.12.5" {
		t.Error("what was has changed")
	}
}

func TestImageVersion(t *testing.T) {
	for image, want := range map[string]string{
		"":                                    "",
		"moby/buildkit":                       "",
		"moby/buildkit:buildx-stable-1":       "",
		"moby/buildkit:v0.12.5":               "v0.12.5",
		"moby/buildkit:v0.12.5-rootless":      "v0.12.5",
		"localhost:5000/moby/buildkit":        "",
		"localhost:5000/moby/buildkit:v0.9.0": "v0.9.0",
		"moby/buildkit:v0.12.5@sha256:0123":   "v0.12.5",
		"moby/buildkit@sha256:0123":           "",
		"ghcr.io/acme/buildkit:v0.12.5":       "",
	} {
		if got := ImageVersion(image); got != want {
			t.Errorf("%q is of version %q, want %q", image, got, want)
		}
	}
}
