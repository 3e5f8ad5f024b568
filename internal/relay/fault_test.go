package relay

import (
	"strings"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/servertest"
	"github.com/docker-ghacache/docker-ghacache/internal/runtimeclient"
)

const (
	create   = "POST *CreateCacheEntry"
	finalize = "POST *FinalizeCacheEntryUpload"
	find     = "POST *GetCacheEntryDownloadURL"
)

// impatient makes a relay give up after seconds.
func impatient(r running) running {
	r.patience = 2 * time.Second
	r.service = runtimeclient.NewService(runtimeclient.ServiceOptions{
		URL: r.opts.Upstream.URL, Token: r.opts.Upstream.Token, Now: time.Now, Patience: time.Second,
		Throttled: r.counts.throttled, Waiting: r.counts.waiting,
	})
	return r
}

func TestAFaultThatPassesDelaysAnExportAndNothingElse(t *testing.T) {
	for _, fault := range []string{
		create + ":503:3", create + ":429:1:1", create + ":cut:1", create + ":cut=1:1",
		"PUT *:503:3", "PUT *:429:2:1", "PUT *:cut:3", "PUT *?*comp=block&*:500:3", "PUT *?*comp=blocklist*:503:2",
		finalize + ":503:3", finalize + ":429:1:1", finalize + ":cut:1", finalize + ":cut=1:3",
		find + ":503:2", find + ":429:1:1", find + ":cut:1",
	} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			u := serve(t, cacheserver.Options{Faults: servertest.Faults(t, fault)})
			r := start(t, u)
			err := export(t.Context(), r.client(t), "app", newLayer(1, 100), newLayer(2, 9<<20), newLayer(3, 200<<10))
			if strings.HasPrefix(fault, create+":cut=") {
				// The service has reserved the layer, and nobody knows where to send it.
				if err == nil || !strings.Contains(err.Error(), "the connection broke when the key was reserved") || checkIndexes(t, u) != 0 {
					t.Errorf("%v, and %d indexes", err, checkIndexes(t, u))
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if n := checkIndexes(t, u); n != 1 {
				t.Errorf("%d indexes", n)
			}
			if throttled := r.Stats().Throttled > 0; throttled != strings.Contains(fault, ":429:") {
				t.Errorf("%+v", r.Stats())
			}
		})
	}
}

func TestAFaultThatDoesNotPassFailsTheExportWithItsReasonAndNoIndexAppears(t *testing.T) {
	for fault, reason := range map[string]string{
		create + ":403":                      "CreateCacheEntry: 403",
		create + ":500":                      "500",
		create + ":429:0:3600":               "429",
		"PUT *:403":                          "403",
		"PUT *?*comp=block&*:403":            "403",
		"PUT *?*comp=block&*:503":            "503",
		"PUT *?*comp=blocklist*:400":         "400",
		finalize + ":403":                    "403",
		finalize + ":500":                    "500",
		find + ":403":                        "GetCacheEntryDownloadURL: 403",
		"PUT *:cut":                          "/devstoreaccount1/cache/", // EOF or a reset, as it happens
		finalize + ":cut":                    "EOF",
		"PUT */devstoreaccount1/cache/1:403": "403",
	} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			u := serve(t, cacheserver.Options{Faults: servertest.Faults(t, fault)})
			r := impatient(start(t, u))
			err := export(t.Context(), r.client(t), "app", newLayer(1, 100), newLayer(2, 9<<20), newLayer(3, 200<<10))
			if err == nil || !strings.Contains(err.Error(), reason) {
				t.Errorf("the export ends with %v, want %s", err, reason)
			}
			for _, secret := range []string{r.opts.Upstream.Token, "sig="} {
				if err != nil && strings.Contains(err.Error(), secret) || strings.Contains(r.log.String(), secret) {
					t.Errorf("a secret shows: %v, log %s", err, r.log)
				}
			}
			if find+":403" == fault {
				return // the lookups of the check would fail, too
			}
			if n := checkIndexes(t, u); n != 0 {
				t.Errorf("%d indexes", n)
			}
		})
	}
}
