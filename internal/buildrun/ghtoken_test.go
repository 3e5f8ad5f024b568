package buildrun

import (
	"strings"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/cacheopts"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/servertest"
)

func TestGhtokenIsPassedOnlyIfItCanList(t *testing.T) {
	service := servertest.Open(t, cacheserver.Options{Repository: "octo/app"})
	url := servertest.Serve(t, service)
	good, err := service.RESTToken(false, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, repository, token, jobAPI string
		kept                            bool
		warning                         string
	}{
		{name: "a token that can", repository: "octo/app", token: good, kept: true},
		{name: "a token that cannot", repository: "octo/app", token: "ghs_secret", warning: "repository and ghtoken are left out: "},
		{name: "another repository", repository: "octo/other", token: good, warning: "repository and ghtoken are left out: "},
		{name: "a job of another GitHub", repository: "octo/app", token: good, jobAPI: "https://git.acme.com/api/v3", warning: "this job's API is https://git.acme.com/api/v3"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			lookup := func(name string) (string, bool) { return tt.jobAPI, name == "GITHUB_API_URL" }
			var stderr strings.Builder
			inv := invocation{env: &Env{Lookup: lookup, Now: time.Now, Stderr: &stderr, listingAPI: url}, own: ghaOptions{dryRun: "json"}}
			e := cacheopts.Entry{Type: "gha", Attrs: map[string]string{"repository": tt.repository, "ghtoken": tt.token}}
			entries := []cacheopts.Completed{{Entry: e}, {Entry: e}}
			inv.probeListings(t.Context(), entries)
			for _, e := range entries {
				if kept := e.Entry.Attrs["ghtoken"] != ""; kept != tt.kept {
					t.Errorf("kept: %v", kept)
				}
			}
			if tt.kept {
				tt.warning = "every user of this machine can read it"
			}
			if len(inv.notes) != 1 || !strings.Contains(inv.notes[0].Text, tt.warning) || strings.Contains(inv.notes[0].Text, tt.token) {
				t.Errorf("notes: %v", inv.notes)
			}
		})
	}
}
