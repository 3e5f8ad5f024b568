//go:build unix

package builders_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/docker/buildx/localstate"
	"github.com/docker/buildx/util/confutil"
	controlapi "github.com/moby/buildkit/api/services/control"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/docker-ghacache/docker-ghacache/internal/builders"
)

// ended is a build in BuildKit's history, that many seconds in.
func ended(second int64, code codes.Code, message string) *controlapi.BuildHistoryRecord {
	r := &controlapi.BuildHistoryRecord{CompletedAt: &timestamppb.Timestamp{Seconds: second}}
	if code != codes.OK {
		r.Error = &spb.Status{Code: int32(code), Message: message}
	}
	return r
}

func TestFailure(t *testing.T) {
	type build struct {
		ref, group string
		old        bool // begun before the command
	}
	history := map[string]*controlapi.BuildHistoryRecord{
		"ok":       ended(1, codes.OK, ""),
		"bad":      ended(3, codes.Unknown, "bad failed"),
		"worse":    ended(2, codes.Unknown, "worse failed"),
		"canceled": ended(1, codes.Canceled, "context canceled"),
		"running":  {},
	}
	for name, c := range map[string]struct {
		builds []build
		want   string
	}{
		"a failed build tells its error":         {[]build{{ref: "bad"}}, "bad failed"},
		"a build that did not fail has none":     {[]build{{ref: "ok"}}, ""},
		"a build that runs has none yet":         {[]build{{ref: "running"}}, ""},
		"a command that never built has none":    {nil, ""},
		"an earlier build is not this one":       {[]build{{ref: "bad", old: true}, {ref: "ok"}}, ""},
		"someone else's build is not this one":   {[]build{{ref: "ok"}}, ""},
		"a bake tells the first error":           {[]build{{ref: "bad", group: "g"}, {ref: "worse", group: "g"}, {ref: "ok", group: "g"}}, "worse failed"},
		"a bake's canceled target is no cause":   {[]build{{ref: "bad", group: "g"}, {ref: "canceled", group: "g"}}, "bad failed"},
		"of two commands nobody knows which":     {[]build{{ref: "bad"}, {ref: "worse"}}, ""},
		"of two bakes nobody knows which":        {[]build{{ref: "bad", group: "g"}, {ref: "worse", group: "h"}}, ""},
		"a build that history forgot has none":   {[]build{{ref: "forgotten"}}, ""},
		"a build beside a good one is the cause": {[]build{{ref: "bad"}, {ref: "ok"}}, "bad failed"},
	} {
		t.Run(name, func(t *testing.T) {
			cli := newCLI(t)
			save(t, cli, "b", "remote", (&buildkit{version: "v0.33.1", history: history}).serve(t))
			config := confutil.NewConfig(cli)
			state, err := localstate.New(config)
			if err != nil {
				t.Fatal(err)
			}
			start := time.Now().Add(-time.Second)
			for _, b := range c.builds {
				if err := state.SaveRef("b", "b0", b.ref, localstate.State{LocalPath: "/", GroupRef: b.group}); err != nil {
					t.Fatal(err)
				}
				if before := start.Add(-time.Minute); b.old {
					if err := os.Chtimes(filepath.Join(config.Dir(), "refs", "b", "b0", b.ref), before, before); err != nil {
						t.Fatal(err)
					}
				}
			}
			if got := builders.Failure(t.Context(), cli, "b", start); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	t.Run("a builder that is gone tells nothing", func(t *testing.T) {
		cli := newCLI(t)
		save(t, cli, "b", "remote", "unix://"+socketPath(t))
		if got := builders.Failure(t.Context(), cli, "b", time.Now()); got != "" {
			t.Errorf("got %q", got)
		}
	})
}

func TestLastFailure(t *testing.T) {
	cli := newCLI(t)
	history := map[string]*controlapi.BuildHistoryRecord{
		"earlier": ended(2, codes.Unknown, "earlier failed"),
		"last":    ended(3, codes.Unknown, "last failed"),
		"ok":      ended(4, codes.OK, ""),
	}
	save(t, cli, "b", "remote", (&buildkit{version: "v0.33.1", history: history}).serve(t))
	state, err := localstate.New(confutil.NewConfig(cli))
	if err != nil {
		t.Fatal(err)
	}
	for ref := range history {
		if err := state.SaveRef("b", "b0", ref, localstate.State{LocalPath: "/"}); err != nil {
			t.Fatal(err)
		}
	}
	if got := builders.LastFailure(t.Context(), cli, "b", time.Unix(5, 0)); got != "last failed" {
		t.Errorf("right after it: %q", got)
	}
	if got := builders.LastFailure(t.Context(), cli, "b", time.Unix(60, 0)); got != "" {
		t.Errorf("a minute after it: %q", got)
	}
}
