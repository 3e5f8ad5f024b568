package listing

import (
	"strings"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/servertest"
)

func TestOpen(t *testing.T) {
	p := serve(t, cacheserver.Options{}, servertest.Main)
	tests := []struct {
		name, repo string
		without    string // variable
		runtime    bool
		err        string
	}{
		{name: "the job's repository", runtime: true},
		{name: "the job's repository by its name", repo: "octo/app", runtime: true},
		{name: "another repository than the job's", repo: "octo/web"},
		{name: "no job", without: "ACTIONS_RUNTIME_TOKEN"},
		{name: "a name that is none", repo: "app", err: "app"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			was, ok := p.vars[tt.without]
			delete(p.vars, tt.without)
			defer func() {
				if ok {
					p.vars[tt.without] = was
				}
			}()
			r, err := p.open(tt.repo)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Fatalf("got error %v, want %q", err, tt.err)
				}
				return
			}
			check(t, err)
			if (r.Runtime != nil) != tt.runtime {
				t.Errorf("reads indexes: %v, want %v", r.Runtime != nil, tt.runtime)
			}
		})
	}
	if len(p.said) > 0 {
		t.Errorf("said %q", p.said)
	}
}

func TestATokenThatCannotBeReadIsSaid(t *testing.T) {
	p := serve(t, cacheserver.Options{}, servertest.Main)
	p.vars["ACTIONS_RUNTIME_TOKEN"] = "no-token"
	r, err := p.open("")
	check(t, err)
	if r.Runtime != nil || len(p.heard("warning: indexes are not read: ")) != 1 || len(p.heard("no-token")) > 0 || len(p.heard("docker ghacache doctor")) != 1 {
		t.Errorf("said %q", p.said)
	}
	s, err := r.Snapshot(t.Context())
	check(t, err)
	r.NoteUnread(s, EveryCache)
	if len(p.heard("cannot be read here")) != 1 || len(p.heard("add this step before it")) > 0 {
		t.Errorf("said %q of a step that has a token", p.said)
	}
}
