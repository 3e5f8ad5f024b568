package reclaim

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheclient"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/servertest"
	disk "github.com/docker-ghacache/docker-ghacache/internal/cacheserver/store"
)

// direct calls the service without a network in between, so that time is injected, and
// answers for the workflow runs, which the service knows nothing of.
type direct struct {
	*cacheserver.Server
	runs     string // as GitHub lists those in progress
	mu       sync.Mutex
	requests int
	refusals int
}

func (d *direct) RoundTrip(req *http.Request) (*http.Response, error) {
	recorder := httptest.NewRecorder()
	d.mu.Lock()
	d.requests++
	d.mu.Unlock()
	if strings.HasSuffix(req.URL.Path, "/actions/runs") {
		if req.URL.Query().Get("status") != "in_progress" || d.runs == "" {
			fmt.Fprint(recorder, `{"workflow_runs":[]}`)
		} else {
			fmt.Fprint(recorder, d.runs)
		}
		return recorder.Result(), nil
	}
	received := req.Clone(req.Context())
	received.RequestURI, received.Body = req.URL.RequestURI(), http.NoBody
	d.ServeHTTP(recorder, received)
	if recorder.Code == http.StatusForbidden || recorder.Code == http.StatusTooManyRequests {
		d.mu.Lock()
		d.refusals++
		d.mu.Unlock()
	}
	return recorder.Result(), nil
}

// remote is a repository whose indexes cannot be read.
type remote struct{ *cacheclient.Client }

func (r remote) Delete(ctx context.Context, id int64, before time.Time) error {
	if err := r.DeleteBy(ctx, id, before); !errors.Is(err, cacheclient.ErrLate) {
		return err
	}
	return ErrLate
}

func (r remote) Look(ctx context.Context) (*Analysis, error) {
	entries, err := r.List(ctx, cacheclient.Filter{})
	if err != nil {
		return nil, err
	}
	refs, err := r.Refs(ctx, []string{mainRef})
	return Analyze(entries, nil, refs), err
}

func (r remote) Glance(ctx context.Context, blobs []bkcache.Entry, since time.Time) (Glance, error) {
	indexes, used, err := r.Recent(ctx, blobs, since)
	return Glance{used, indexes}, err
}

func (r remote) Runs(ctx context.Context) (bkcache.Runs, error) { return r.Client.Runs(ctx, 0) }

// TestLookingCostsLittle deletes a thousand layers against GitHub's limit of 900 points a
// minute, of which a deletion costs 5 and any other request 1.
func TestLookingCostsLittle(t *testing.T) {
	const layers = 1000
	synctest.Test(t, func(t *testing.T) {
		dir, begun := servertest.Dir(t), time.Now()
		fill(t, dir, begun.Add(-3*day), layers)
		server, err := cacheserver.Open(cacheserver.Options{
			Dir: dir, Repository: "octo/app", Now: time.Now, Latency: 200 * time.Millisecond,
			RateLimit: cacheserver.RateLimit{Points: 900, Per: time.Minute},
		})
		if err != nil {
			t.Fatal(err)
		}
		defer server.Close()
		token, err := server.RESTToken(true, day)
		if err != nil {
			t.Fatal(err)
		}
		wire := &direct{Server: server}
		target := cacheclient.Target{Host: "direct", APIURL: "http://direct/", Owner: "octo", Repo: "app"}
		client, err := cacheclient.New(target, token, cacheclient.Options{Now: time.Now, Transport: wire})
		if err != nil {
			t.Fatal(err)
		}
		r := remote{client}
		runs, err := r.Runs(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		analysis, err := r.Look(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		plan := NewPlan(analysis, Policy{Grace: DefaultGrace, Runs: runs}, runs.Asked).Proven()
		result, err := plan.Execute(t.Context(), r, time.Now, nil)
		if err != nil || result.Deleted.Count != layers || wire.refusals > 0 {
			t.Errorf("%+v, error %v, %d refusals", result, err, wire.refusals)
		}
		took, limit := time.Since(begun), layers*time.Minute/180
		t.Logf("%v, the limit allows %v: %.2f times; %d requests", took, limit, float64(took)/float64(limit), wire.requests)
		if took > limit*12/10 {
			t.Error("too slow")
		}
	})
}

// fill stores layers that nothing references.
func fill(t *testing.T, dir string, at time.Time, layers int) {
	t.Helper()
	s, err := disk.Open(dir, disk.Options{
		Limits: disk.Limits{Size: 1 << 40, Age: 100 * day}, Idle: day,
		Now: func() time.Time { return at }, Warn: func(err error) { t.Error(err) },
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range layers {
		id, err := s.Reserve(disk.Name{Ref: mainRef, Version: bkcache.Version, Key: bkcache.LayerKey(sum(fmt.Sprint(i))).String()}, fmt.Sprint(i))
		if err == nil {
			err = errors.Join(s.WriteChunk(id, 0, 1, strings.NewReader("x")), s.Finish(id, 1))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}
