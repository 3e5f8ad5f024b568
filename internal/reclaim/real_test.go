package reclaim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheclient"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/servertest"
	"github.com/docker-ghacache/docker-ghacache/internal/github"
)

// TestTheModelIsTheService plays schedules on the model and on the real service, with the
// client that prune uses, and compares every step.
func TestTheModelIsTheService(t *testing.T) {
	count := 40
	if testing.Short() {
		count = 3
	}
	for seed := range uint64(count) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			var ends [2][]bkcache.Entry
			var traces [2][]string
			for i, serve := range []func(func() time.Time) cache{
				newModel(time.Minute),
				func(now func() time.Time) cache { return newService(t, now) },
			} {
				s := newSchedule(seed, serve)
				s.traced = true
				s.play(t, seed%2 == 0)
				ends[i], traces[i] = s.list(), s.trace
			}
			if diff := cmp.Diff(traces[0], traces[1]); diff != "" {
				t.Errorf("the model and the service do not do the same:\n%s", diff)
			}
			byID := func(entries []bkcache.Entry) map[int64]bkcache.Entry {
				all := map[int64]bkcache.Entry{}
				for _, e := range entries {
					all[e.ID] = e
				}
				return all
			}
			if diff := cmp.Diff(byID(ends[0]), byID(ends[1])); diff != "" {
				t.Errorf("the model and the service do not hold the same:\n%s", diff)
			}
		})
	}
}

// realService is the service, without a network in between.
type realService struct {
	t      *testing.T
	wire   *direct
	now    func() time.Time
	upload map[[2]string]string // where a reserved entry goes
}

func newService(t *testing.T, now func() time.Time) *realService {
	server := servertest.Open(t, cacheserver.Options{Repository: "octo/app", Now: now, MaxAge: 1000 * day, ReservationTTL: 1000 * day})
	return &realService{t, &direct{Server: server}, now, map[[2]string]string{}}
}

// call sends what BuildKit's client does.
func (r *realService) call(refs []string, method string, request map[string]any) (status int, reply map[string]any) {
	var scopes []cacheserver.RefAccess
	for i, ref := range refs {
		scopes = append(scopes, cacheserver.RefAccess{Ref: ref, Write: i == 0})
	}
	token, err := r.wire.RuntimeToken(scopes, day)
	r.check(err)
	request["version"] = bkcache.Version
	body, err := json.Marshal(request)
	r.check(err)
	req := httptest.NewRequest(http.MethodPost, "/twirp/github.actions.results.api.v1.CacheService/"+method, bytes.NewReader(body))
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	recorder := httptest.NewRecorder()
	r.wire.ServeHTTP(recorder, req)
	r.check(json.Unmarshal(recorder.Body.Bytes(), &reply))
	return recorder.Code, reply
}

func (r *realService) check(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *realService) lookup(refs []string, key string) (string, bool) {
	_, reply := r.call(refs, "GetCacheEntryDownloadURL", map[string]any{"key": key})
	found, ok := reply["matched_key"].(string)
	return found, ok && reply["ok"] == true
}

func (r *realService) reserve(ref, key string) bool {
	status, reply := r.call([]string{ref}, "CreateCacheEntry", map[string]any{"key": key})
	url, _ := reply["signed_upload_url"].(string)
	if status != http.StatusOK || url == "" {
		return false
	}
	r.upload[[2]string{ref, key}] = url
	return true
}

func (r *realService) commit(ref, key, content string) {
	req := httptest.NewRequest(http.MethodPut, r.upload[[2]string{ref, key}], strings.NewReader(content))
	req.Header.Set("X-Ms-Blob-Type", "BlockBlob")
	recorder := httptest.NewRecorder()
	if r.wire.ServeHTTP(recorder, req); recorder.Code != http.StatusCreated {
		r.t.Fatal(recorder.Body)
	}
	_, reply := r.call([]string{ref}, "FinalizeCacheEntryUpload", map[string]any{"key": key, "size_bytes": strconv.Itoa(len(content))})
	if reply["ok"] != true {
		r.t.Fatal(reply)
	}
}

func (r *realService) client() *cacheclient.Client {
	token, err := r.wire.RESTToken(true, day)
	r.check(err)
	target := cacheclient.Target{Host: "direct", APIURL: "http://direct/", Owner: "octo", Repo: "app"}
	client, err := cacheclient.New(target, token, cacheclient.Options{Now: r.now, Transport: r.wire})
	r.check(err)
	return client
}

func (r *realService) delete(id int64) bool {
	err := r.client().Delete(r.t.Context(), id)
	if !errors.Is(err, fs.ErrNotExist) {
		r.check(err)
	}
	return err == nil
}

func (r *realService) recent(blobs []bkcache.Entry, since time.Time) Glance {
	indexes, used, err := r.client().Recent(r.t.Context(), blobs, since)
	r.check(err)
	return Glance{used, indexes}
}

func (r *realService) runs(all []bkcache.Run) bkcache.Runs {
	type pull struct {
		Number int `json:"number"`
	}
	type run struct {
		ID     int64     `json:"id"`
		Status string    `json:"status"`
		Event  string    `json:"event"`
		Branch string    `json:"head_branch"`
		Began  time.Time `json:"run_started_at"`
		Pulls  []pull    `json:"pull_requests"`
	}
	listed := []run{}
	for _, u := range all {
		v := run{ID: u.ID, Status: u.Status, Event: "workflow_run", Began: u.Began}
		if len(u.Refs) > 0 {
			v.Event, v.Branch = "push", strings.TrimPrefix(u.Refs[0], "refs/heads/")
			if number, ok := github.PullNumber(u.Refs[0]); ok {
				v.Event, v.Pulls = "pull_request", []pull{{number}}
			}
		}
		listed = append(listed, v)
	}
	data, err := json.Marshal(map[string]any{"workflow_runs": listed})
	r.check(err)
	r.wire.runs = string(data)
	found, err := r.client().Runs(r.t.Context(), 0)
	r.check(err)
	return found
}

func (r *realService) list() []bkcache.Entry {
	entries, err := r.client().List(r.t.Context(), cacheclient.Filter{})
	r.check(err)
	return entries
}

func (r *realService) read(e bkcache.Entry) string {
	_, reply := r.call([]string{e.Ref}, "GetCacheEntryDownloadURL", map[string]any{"key": e.Key})
	url, _ := reply["signed_download_url"].(string)
	if url == "" || reply["matched_key"] != e.Key {
		return ""
	}
	recorder := httptest.NewRecorder()
	r.wire.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, url, http.NoBody))
	return recorder.Body.String()
}
