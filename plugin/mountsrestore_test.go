package plugin

import (
	"slices"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker-ghacache/docker-ghacache/internal/mounts"
)

func TestMountsOfADockerfileAreChosen(t *testing.T) {
	const (
		own     = "FROM a\nRUN --mount=type=cache,id=go,target=/go --mount=type=cache,target=/root/.cache x\n"
		based   = "RUN --mount=type=cache,target=/x,from=golang x\n"
		unknown = "RUN --mount=type=cache,target=$GOPATH/pkg x\n"
		stages  = "FROM a AS unused\nRUN --mount=type=cache,target=/x x\n" + own
		lacks   = `the build of Dockerfile uses no cache mount `
		rest    = ` that can be restored`
	)
	for name, c := range map[string]struct {
		dockerfile    string
		args          []string
		want, missing []string
		err           string
	}{
		"all of them":                            {own, nil, []string{"go", "/root/.cache"}, nil, ""},
		"one of them":                            {own, []string{"go"}, []string{"go"}, nil, ""},
		"a glob":                                 {own, []string{"*cache"}, []string{"/root/.cache"}, nil, ""},
		"a glob that matches nothing":            {own, []string{"npm*", "go"}, []string{"go"}, []string{lacks + `"npm*"` + rest}, ""},
		"one that is not there":                  {own, []string{"go", "nope"}, nil, nil, lacks + `"nope"` + rest},
		"one in a stage that is not needed":      {stages, []string{"/x"}, nil, nil, lacks + `"/x"` + rest},
		"one that is left out":                   {own + based, []string{"/x", "go"}, []string{"go"}, []string{lacks + `"/x"` + rest}, ""},
		"another one than is left out":           {own + based, []string{"nope"}, nil, nil, lacks + `"nope"` + rest},
		"one that may be what is left out":       {own + unknown, []string{"/go/pkg"}, nil, []string{lacks + `"/go/pkg"` + rest}, ""},
		"a Dockerfile that has left out all":     {"FROM a\n" + based, nil, nil, nil, ""},
		"a glob in a Dockerfile that has no one": {"FROM a\n", []string{"*"}, nil, []string{lacks + `"*"` + rest}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			found, leftOut, err := mounts.Find(mounts.Build{Dockerfile: []byte(c.dockerfile)})
			if err != nil {
				t.Fatal(err)
			}
			chosen, missing, err := chooseMounts("Dockerfile", found, leftOut, c.args)
			if c.err != "" {
				if err == nil || err.Error() != c.err || hint.Of(err) == "" {
					t.Errorf("got %v, want %s", err, c.err)
				}
				return
			}
			var got []string
			for _, m := range chosen {
				got = append(got, m.String())
			}
			if err != nil || !slices.Equal(got, c.want) || !slices.Equal(missing, c.missing) {
				t.Errorf("got %q, %q, %v, want %q, %q", got, missing, err, c.want, c.missing)
			}
		})
	}
}
