package cacheclient

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/servertest"
)

// run is a workflow run as GitHub lists it.
type run struct {
	ID      int64     `json:"id"`
	Name    string    `json:"name"`
	Event   string    `json:"event"`
	Branch  string    `json:"head_branch"`
	Status  string    `json:"status"`
	Created time.Time `json:"created_at"`
	Started time.Time `json:"run_started_at"`
	Pulls   []pull    `json:"pull_requests"`
	jobs    []string  // their statuses
}

type pull struct {
	Number int `json:"number"`
}

// runs are those of a repository, newest first, which the service has none of.
type runs []run

func (all runs) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if id, ok := strings.CutSuffix(r.URL.Path, "/jobs"); ok {
		all.serveJobs(w, r, id[strings.LastIndexByte(id, '/')+1:])
		return
	}
	found := []run{}
	for _, run := range all {
		if run.Status == r.URL.Query().Get("status") {
			found = append(found, run)
		}
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"total_count": len(found), "workflow_runs": paged(w, r, found)})
}

func (all runs) serveJobs(w http.ResponseWriter, r *http.Request, id string) {
	type job struct {
		Status string `json:"status"`
	}
	jobs := []job{}
	for _, run := range all {
		for _, status := range run.jobs {
			if fmt.Sprint(run.ID) == id {
				jobs = append(jobs, job{status})
			}
		}
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"total_count": len(jobs), "jobs": paged(w, r, jobs)})
}

func paged[T any](w http.ResponseWriter, r *http.Request, found []T) []T {
	page, _ := strconv.Atoi(r.URL.Query().Get("page"))
	if page*perPage < len(found) {
		w.Header().Set("Link", fmt.Sprintf(`<http://x/?page=%d>; rel="next", <http://x/?page=%d>; rel="last"`, page+1, (len(found)+perPage-1)/perPage))
	}
	return found[min((page-1)*perPage, len(found)):min(page*perPage, len(found))]
}

func TestRuns(t *testing.T) {
	now := time.Now().Add(-time.Hour).UTC().Truncate(time.Second)
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	const day, own = 24 * time.Hour, 7
	type want struct {
		id    int64
		refs  []string
		began time.Time
	}
	push := run{ID: 1, Event: "push", Branch: "main", Status: "in_progress", Created: now, Started: now}
	with := func(change func(*run)) runs {
		r := push
		change(&r)
		return runs{r}
	}
	branchOrTag := []string{"refs/heads/main", "refs/tags/main"}
	for name, test := range map[string]struct {
		runs runs
		want []want
	}{
		"none":               {},
		"one on a branch":    {runs{push}, []want{{1, branchOrTag, now}}},
		"one that completed": {with(func(r *run) { r.Status = "completed" }), nil},
		"one that is queued": {with(func(r *run) { r.Status = "queued" }), []want{{1, branchOrTag, now}}},
		"one of a merge queue": {
			with(func(r *run) { r.Event, r.Branch = "merge_group", "gh-readonly-queue/main/pr-1-0a" }),
			[]want{{1, []string{"refs/heads/gh-readonly-queue/main/pr-1-0a", "refs/tags/gh-readonly-queue/main/pr-1-0a"}, now}},
		},
		"one of a pull request": {
			with(func(r *run) { r.Event, r.Branch, r.Pulls = "pull_request", "topic", []pull{{12}} }),
			[]want{{1, []string{"refs/pull/12/merge"}, now}},
		},
		"one of a fork's pull request, which GitHub does not name": {with(func(r *run) { r.Event = "pull_request" }), []want{{1, nil, now}}},
		"one whose head branch is not the ref that it runs on":     {with(func(r *run) { r.Event = "pull_request_target" }), []want{{1, nil, now}}},
		"one that is run again begins with its last attempt":       {with(func(r *run) { r.Created = ago(20 * day) }), []want{{1, branchOrTag, now}}},
		"one that is older than a run can be":                      {with(func(r *run) { r.Started = ago(40 * day) }), nil},
		"one that waits for an approval":                           {with(func(r *run) { r.Status, r.jobs = "waiting", []string{"completed", "waiting"} }), nil},
		"one that waits for an approval while another job goes on": {with(func(r *run) { r.Status, r.jobs = "waiting", []string{"in_progress", "waiting"} }), []want{{1, branchOrTag, now}}},
		"our own": {with(func(r *run) { r.ID, r.jobs = own, []string{"completed", "in_progress", "queued"} }), nil},
		"our own, of which another job is under way": {with(func(r *run) { r.ID, r.jobs = own, []string{"in_progress", "in_progress"} }), []want{{own, branchOrTag, now}}},
		"our own, of which a job of the second page is under way": {
			with(func(r *run) {
				r.ID, r.jobs = own, append(slices.Repeat([]string{"completed"}, 120), "in_progress", "in_progress")
			}),
			[]want{{own, branchOrTag, now}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			have, err := clientWith(t, servertest.Serve(t, test.runs), "t0ken", Options{}).Runs(t.Context(), own)
			if err != nil || have.Asked.IsZero() {
				t.Fatalf("asked %v, error %v", have.Asked, err)
			}
			var got []want
			for _, run := range have.Runs {
				got = append(got, want{run.ID, run.Refs, run.Began})
			}
			if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(want{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestOfManyRunsTheOldestCountsAndTheirRefsAreNotKnown(t *testing.T) {
	now := time.Now().UTC().Truncate(time.Second)
	var all runs
	for i := range 350 {
		all = append(all, run{ID: int64(i + 1), Event: "push", Branch: "main", Status: "in_progress", Started: now.Add(-time.Duration(i) * time.Second)})
	}
	have, err := clientWith(t, servertest.Serve(t, all), "t0ken", Options{}).Runs(t.Context(), 0)
	if err != nil || len(have.Runs) < 101 || !have.Runs[0].Began.Equal(now.Add(-349*time.Second)) {
		t.Fatalf("%d runs, error %v", len(have.Runs), err)
	}
	if i := slices.IndexFunc(have.Runs, func(run bkcache.Run) bool { return run.Refs != nil }); i >= 0 {
		t.Errorf("%+v", have.Runs[i])
	}
}

// TestARunThatMovesOnIsNotMissed lets a run begin while the others are asked for.
func TestARunThatMovesOnIsNotMissed(t *testing.T) {
	all := runs{{ID: 1, Event: "push", Branch: "main", Status: "queued", Started: time.Now()}}
	asked := map[string]int{}
	gate := make(chan struct{})
	url := servertest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch status := r.URL.Query().Get("status"); status {
		case "in_progress":
			asked[status]++
			all.ServeHTTP(w, r)
			if all[0].Status == "queued" {
				all[0].Status = "in_progress"
				close(gate)
			}
		default:
			<-gate
			all.ServeHTTP(w, r)
		}
	}))
	have, err := clientWith(t, url, "t0ken", Options{}).Runs(t.Context(), 0)
	if err != nil || len(have.Runs) != 1 || asked["in_progress"] != 2 {
		t.Errorf("%+v, error %v, asked %v", have, err, asked)
	}
}

func TestRunsAreAskedForByTheClockThatIsBehind(t *testing.T) {
	for name, test := range map[string]struct{ service, most, least time.Duration }{
		"the service's": {-2 * time.Hour, -2*time.Hour - time.Minute, -2*time.Hour - 2*time.Minute},
		"this one":      {2 * time.Hour, -time.Minute, -2 * time.Minute},
	} {
		for reply, status := range map[string]int{"no runs": http.StatusOK, "an error": http.StatusForbidden} {
			t.Run(name+", "+reply, func(t *testing.T) {
				before := time.Now()
				url := servertest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					w.Header().Set("Date", time.Now().Add(test.service).UTC().Format(http.TimeFormat))
					w.WriteHeader(status)
					runs{}.ServeHTTP(w, r)
				}))
				c := clientWith(t, url, "t0ken", Options{})
				have, err := c.Runs(t.Context(), 0)
				asked := have.Asked
				if err != nil {
					asked = c.Now()
				}
				if d := asked.Sub(before); d > test.most+time.Second || d < test.least || (err == nil) != (status == http.StatusOK) {
					t.Errorf("asked %v after the test began, error %v", d, err)
				}
			})
		}
	}
}

func TestRunsAreNotKnownWhereThereAreNoWorkflows(t *testing.T) {
	s := servertest.Open(t, cacheserver.Options{})
	if have, err := client(t, s, servertest.Serve(t, s), Options{}).Runs(t.Context(), 0); err == nil || !have.Asked.IsZero() {
		t.Errorf("have %v, error %v", have, err)
	}
}

func TestTooManyRunsAreNotKnown(t *testing.T) {
	all := make(runs, 1001)
	for i := range all {
		all[i] = run{ID: int64(i + 1), Status: "in_progress", Started: time.Now()}
	}
	if have, err := clientWith(t, servertest.Serve(t, all), "t0ken", Options{}).Runs(t.Context(), 0); err == nil || !have.Asked.IsZero() {
		t.Errorf("%d runs, asked %v", len(have.Runs), have.Asked)
	}
}
