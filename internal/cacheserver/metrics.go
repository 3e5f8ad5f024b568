package cacheserver

import (
	"net/http"
	"strconv"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/store"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics are what /metrics shows. No label holds a key, a ref or anything else that a client chooses.
type metrics struct {
	registry *prometheus.Registry
	lookups  *prometheus.CounterVec
	sent     prometheus.Counter
	received prometheus.Counter
	requests *prometheus.HistogramVec
}

func newMetrics(entries *store.Store) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		lookups:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "ghacache_lookups_total", Help: "Lookups of entries."}, []string{"result"}),
		sent:     prometheus.NewCounter(prometheus.CounterOpts{Name: "ghacache_sent_bytes_total", Help: "Bytes of replies."}),
		received: prometheus.NewCounter(prometheus.CounterOpts{Name: "ghacache_received_bytes_total", Help: "Bytes of request bodies."}),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "ghacache_request_duration_seconds", Help: "Time until a request was answered.",
			Buckets: []float64{.001, .005, .025, .1, .5, 2.5, 10, 60},
		}, []string{"route", "status"}),
	}
	m.lookups.WithLabelValues("hit")
	m.lookups.WithLabelValues("miss")
	m.registry.MustRegister(m.lookups, m.sent, m.received, m.requests, contents{entries})
	return m
}

// found counts a lookup.
func (m *metrics) found(hit bool) {
	result := "miss"
	if hit {
		result = "hit"
	}
	m.lookups.WithLabelValues(result).Inc()
}

func (m *metrics) answered(x *exchange, r *http.Request, took time.Duration) {
	m.sent.Add(float64(x.sent))
	m.received.Add(float64(x.body.read))
	m.requests.WithLabelValues(route(r), strconv.Itoa(x.status)).Observe(took.Seconds())
}

// route is the pattern that a request has matched, of which there are a few.
func route(r *http.Request) string {
	if r.Pattern == "" || r.Pattern == "/" {
		return "other"
	}
	return r.Pattern
}

// contents collects what the store holds.
type contents struct{ entries *store.Store }

func gauge(name, help string) *prometheus.Desc { return prometheus.NewDesc(name, help, nil, nil) }

// Describe implements [prometheus.Collector].
func (c contents) Describe(descs chan<- *prometheus.Desc) { prometheus.DescribeByCollect(c, descs) }

// Collect implements [prometheus.Collector].
func (c contents) Collect(out chan<- prometheus.Metric) {
	s := c.entries.Stats()
	for _, m := range []struct {
		name, help string
		kind       prometheus.ValueType
		value      int64
	}{
		{"ghacache_entries", "Finished entries.", prometheus.GaugeValue, s.Entries},
		{"ghacache_bytes", "Bytes of finished entries.", prometheus.GaugeValue, s.Bytes},
		{"ghacache_limit_bytes", "Bytes above which entries are evicted.", prometheus.GaugeValue, c.entries.Limits().Size},
		{"ghacache_reservations", "Unfinished uploads.", prometheus.GaugeValue, s.Uploads},
		{"ghacache_unfinished_bytes", "Bytes of unfinished uploads.", prometheus.GaugeValue, s.Pending},
		{"ghacache_evictions_total", "Entries that limits have removed.", prometheus.CounterValue, s.Evicted},
	} {
		out <- prometheus.MustNewConstMetric(gauge(m.name, m.help), m.kind, float64(m.value))
	}
}

// routeOperators serves what needs no token, because it shows no entry.
func (s *Server) routeOperators() {
	s.mux.Handle("GET /metrics", promhttp.HandlerFor(s.metrics.registry, promhttp.HandlerOpts{}))
	s.mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		if s.entries.Healthy() != nil { // which it has warned of
			http.Error(w, "the cache cannot be written", http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write([]byte("ok\n"))
	})
}
