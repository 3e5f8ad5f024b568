package buildrun

import (
	"testing"

	"github.com/docker-ghacache/docker-ghacache/cacheopts"
	"github.com/docker-ghacache/docker-ghacache/internal/builders"
)

func TestTheBuilderIsJudgedWhereItMatters(t *testing.T) {
	kept, dropped := cacheopts.Completed{}, cacheopts.Completed{Dropped: true}
	tests := []struct {
		name    string
		driver  string
		own     ghaOptions
		entries []cacheopts.Completed
		want    bool
	}{
		{"an entry is left", "docker-container", ghaOptions{}, []cacheopts.Completed{dropped, kept}, true},
		{"an entry is left, and the docker driver is allowed", "docker", ghaOptions{allowDockerDriver: true}, []cacheopts.Completed{kept}, true},
		{"no entry is left", "docker-container", ghaOptions{}, []cacheopts.Completed{dropped}, false},
		{"no entry is left on a remote builder", "remote", ghaOptions{}, nil, false},
		{"no entry is left, and the docker driver would refuse one in a job", "docker", ghaOptions{}, []cacheopts.Completed{dropped}, true},
		{"no entry is left, and the docker driver is allowed", "docker", ghaOptions{allowDockerDriver: true}, []cacheopts.Completed{dropped}, false},
		{"no entry is left, and another builder would be created", "docker", ghaOptions{createBuilder: true}, []cacheopts.Completed{dropped}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inv := &invocation{own: tt.own}
			if got := inv.judged(&builders.Builder{Driver: tt.driver}, tt.entries); got != tt.want {
				t.Errorf("judged: %v", got)
			}
		})
	}
}

func TestTheServiceThatABuilderMayNotReachIsChecked(t *testing.T) {
	const here, there = "http://127.0.0.1:8080/", "https://results.example/"
	gha := func(url string) cacheopts.Completed {
		return cacheopts.Completed{Entry: cacheopts.Entry{Type: "gha"}, Version: 2, URL: url}
	}
	lost := gha(here)
	lost.Dropped = true
	inline := cacheopts.Completed{Entry: cacheopts.Entry{Type: "inline"}}
	tests := []struct {
		name    string
		entries []cacheopts.Completed
		want    string
	}{
		{"no entry", nil, ""},
		{"one elsewhere", []cacheopts.Completed{gha(there)}, there},
		{"one on this machine", []cacheopts.Completed{gha(here)}, here},
		{"the one on this machine, which comes last", []cacheopts.Completed{gha(there), gha(here)}, here},
		{"the one on this machine, which comes first", []cacheopts.Completed{gha(here), gha(there)}, here},
		{"a dropped one does not count", []cacheopts.Completed{lost, gha(there)}, there},
		{"a cache of another type does not count", []cacheopts.Completed{gha(here), inline}, here},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inv := &invocation{platforms: func(string) []string { return nil }}
			checks := inv.checksFor(make([]cacheopts.Request, len(tt.entries)), tt.entries)
			if checks.CacheURL != tt.want || checks.V2 != (tt.want != "") {
				t.Errorf("checks %+v", checks)
			}
		})
	}
}
