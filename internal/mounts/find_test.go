package mounts

import (
	"strings"
	"testing"
)

func TestFind(t *testing.T) {
	for name, c := range map[string]struct {
		dockerfile string
		build      Build
		want       string // mounts, with commas between them
		leftOut    string // how its reason begins; empty: nothing
	}{
		"the target is the default id":        {"FROM a\nRUN --mount=type=cache,target=/root/.cache/ x", Build{}, "/root/.cache", ""},
		"an id of its own":                    {"FROM a\nRUN --mount=type=cache,id=apt,target=/var/cache/apt x", Build{}, "apt", ""},
		"other mounts are none":               {"FROM a\nRUN --mount=type=bind,target=/src --mount=type=secret,id=s x", Build{}, "", ""},
		"a relative target":                   {"FROM a\nWORKDIR /app\nRUN --mount=type=cache,target=node_modules x", Build{}, "node_modules", ""},
		"twice the same":                      {"FROM a\nRUN --mount=type=cache,target=/c x\nRUN --mount=type=cache,target=/c y", Build{}, "/c", ""},
		"the namespace":                       {"FROM a\nRUN --mount=type=cache,target=/c x", Build{Args: map[string]string{namespaceArg: "ns"}}, "ns//c", ""},
		"an owner":                            {"FROM a\nRUN --mount=type=cache,target=/c,uid=1000 x", Build{}, "/c (uid=1000,gid=0,mode=0755)", ""},
		"a mode":                              {"FROM a\nRUN --mount=type=cache,target=/c,mode=0777,gid=5 x", Build{}, "/c (uid=0,gid=5,mode=0777)", ""},
		"a base from an image":                {"FROM a\nRUN --mount=type=cache,target=/c,from=golang x", Build{}, "", "its base"},
		"a base from scratch is none":         {"FROM a\nRUN --mount=type=cache,target=/c,from=scratch x", Build{}, "/c", ""},
		"an argument":                         {"FROM a\nARG V=1\nRUN --mount=type=cache,id=go-$V,target=/c x", Build{}, "go-1", ""},
		"an argument that was given":          {"FROM a\nARG V=1\nRUN --mount=type=cache,id=go-$V,target=/c x", Build{Args: map[string]string{"V": "2"}}, "go-2", ""},
		"an argument before FROM":             {"ARG V=1\nFROM a\nARG V\nRUN --mount=type=cache,id=go-${V},target=/c x", Build{}, "go-1", ""},
		"one that the stage does not declare": {"ARG V=1\nFROM a\nRUN --mount=type=cache,id=go-$V,target=/c x", Build{}, "", "the variable V"},
		"a variable of the base image":        {"FROM golang\nRUN --mount=type=cache,target=$GOPATH/pkg x", Build{}, "", "the variable GOPATH"},
		"one that comes from such a variable": {"FROM golang\nENV P=$GOPATH/pkg\nRUN --mount=type=cache,target=$P x", Build{}, "", "the variable GOPATH"},
		"with a default":                      {"FROM golang\nRUN --mount=type=cache,target=${NOBODY:-/x}/pkg x", Build{}, "", "the variable NOBODY"},
		"a variable of the stage below":       {"FROM a AS base\nENV HOME=/h\nFROM base\nRUN --mount=type=cache,target=$HOME/c x", Build{}, "/h/c", ""},
		"ENV sees what was before it":         {"FROM a\nENV A=1\nENV A=2 B=$A\nRUN --mount=type=cache,id=$B,target=/c x", Build{}, "1", ""},
		"the platform":                        {"FROM a\nARG TARGETARCH\nRUN --mount=type=cache,id=go-$TARGETARCH,target=/c x", Build{Platforms: []string{"linux/arm64"}}, "go-arm64", ""},
		"several platforms":                   {"FROM a\nARG TARGETARCH\nRUN --mount=type=cache,id=go-$TARGETARCH,target=/c --mount=type=cache,target=/d x", Build{Platforms: []string{"linux/arm64", "linux/amd64"}}, "go-arm64,/d,go-amd64", ""},
		"the platform of the builder":         {"FROM a\nARG TARGETARCH\nRUN --mount=type=cache,id=go-$TARGETARCH,target=/c x", Build{Native: "linux/arm64"}, "go-arm64", ""},
		"on each platform without its value":  {"FROM golang\nRUN --mount=type=cache,target=$GOPATH/pkg x", Build{Platforms: []string{"linux/arm64", "linux/amd64"}}, "", "the variable GOPATH"},
		"stages that the target needs":        {"FROM a AS one\nRUN --mount=type=cache,id=1,target=/c x\nFROM a AS two\nRUN --mount=type=cache,id=2,target=/c x\nFROM one AS three\nCOPY --from=0 /a /a\nRUN --mount=type=cache,id=3,target=/c x", Build{Target: "three"}, "1,3", ""},
		"a stage that is mounted":             {"FROM a AS one\nRUN --mount=type=cache,id=1,target=/c x\nFROM a\nRUN --mount=from=one,target=/one x", Build{}, "1", ""},
		"the target by its number":            {"FROM a\nRUN --mount=type=cache,id=1,target=/c x\nFROM a\nRUN --mount=type=cache,id=2,target=/c x", Build{Target: "0"}, "1", ""},
		"a here-document":                     {"FROM a\nRUN --mount=type=cache,target=/c <<EOF\nRUN --mount=type=cache,target=/d x\nEOF", Build{}, "/c", ""},
	} {
		t.Run(name, func(t *testing.T) {
			c.build.Dockerfile = []byte(c.dockerfile)
			found, leftOut, err := Find(c.build)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, m := range found {
				got = append(got, m.String())
			}
			if strings.Join(got, ",") != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			var reasons []string
			for _, l := range leftOut {
				reasons = append(reasons, l.Reason)
			}
			if got := strings.Join(reasons, ","); !strings.HasPrefix(got, c.leftOut) || len(reasons) != min(len(c.leftOut), 1) {
				t.Errorf("left out %q, want one that begins with %q", reasons, c.leftOut)
			}
		})
	}
}

func TestFindSaysWhatIsWrong(t *testing.T) {
	for name, b := range map[string]Build{
		"an unknown stage":       {Dockerfile: []byte("FROM a"), Target: "b"},
		"an unknown instruction": {Dockerfile: []byte("FROM a\nFETCH x")},
		"nothing":                {},
	} {
		if _, _, err := Find(b); err == nil {
			t.Errorf("%s is found to be right", name)
		} else {
			t.Log(err)
		}
	}
}

func TestAMountThatIsLeftOutIsNamed(t *testing.T) {
	for name, c := range map[string]struct {
		mount LeftOut
		want  string
	}{
		"with its target":             {LeftOut{"/c", 3, "it is red"}, `the mount "/c" in line 3 of the Dockerfile is left out: it is red`},
		"without one that is unknown": {LeftOut{Line: 3, Reason: "it is red"}, "a mount in line 3 of the Dockerfile is left out: it is red"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := c.mount.String(); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
