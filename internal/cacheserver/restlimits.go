package cacheserver

import (
	"net/http"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/store"
)

// GitHub counts whole gigabytes of 2^30 bytes here.
const gigabyte = 1 << 30

func (s *Server) repoUsage(w http.ResponseWriter, _ *http.Request) error {
	writeJSON(w, http.StatusOK, s.usage())
	return nil
}

type usageJSON struct {
	Name  string `json:"full_name"`
	Size  int64  `json:"active_caches_size_in_bytes"`
	Count int    `json:"active_caches_count"`
}

func (s *Server) usage() usageJSON {
	count, size := s.entries.Usage()
	return usageJSON{s.Repository, size, count}
}

func (s *Server) orgUsage(w http.ResponseWriter, _ *http.Request) error {
	count, size := s.entries.Usage()
	writeJSON(w, http.StatusOK, struct {
		Count int   `json:"total_active_caches_count"`
		Size  int64 `json:"total_active_caches_size_in_bytes"`
	}{count, size})
	return nil
}

func (s *Server) orgUsageByRepo(w http.ResponseWriter, r *http.Request) error {
	repos := paginate(w, r, []usageJSON{s.usage()})
	writeJSON(w, http.StatusOK, struct {
		Total int         `json:"total_count"`
		Repos []usageJSON `json:"repository_cache_usages"`
	}{1, repos})
	return nil
}

type retentionJSON struct {
	Days int64 `json:"max_cache_retention_days"`
}

type storageJSON struct {
	GB int64 `json:"max_cache_size_gb"`
}

const day = 24 * time.Hour

func (s *Server) retention(w http.ResponseWriter, _ *http.Request) error {
	writeJSON(w, http.StatusOK, retentionJSON{roundUp(int64(s.entries.Limits().Age), int64(day))})
	return nil
}

func (s *Server) storage(w http.ResponseWriter, _ *http.Request) error {
	writeJSON(w, http.StatusOK, storageJSON{roundUp(s.entries.Limits().Size, gigabyte)})
	return nil
}

func roundUp(n, unit int64) int64 { return (n + unit - 1) / unit }

// setRetention changes the limit until the service ends. The next start uses its options.
func (s *Server) setRetention(w http.ResponseWriter, r *http.Request) error {
	var req retentionJSON
	if err := readJSON(w, r, &req); err != nil {
		return err
	}
	if req.Days < 1 || req.Days > 365 {
		return unprocessable("max_cache_retention_days must be between 1 and 365")
	}
	s.entries.SetLimits(func(l *store.Limits) { l.Age = time.Duration(req.Days) * day })
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// setStorage changes the limit until the service ends. The next start uses its options.
func (s *Server) setStorage(w http.ResponseWriter, r *http.Request) error {
	var req storageJSON
	if err := readJSON(w, r, &req); err != nil {
		return err
	}
	if req.GB < 1 || req.GB > 10_000 {
		return unprocessable("max_cache_size_gb must be between 1 and 10000")
	}
	s.entries.SetLimits(func(l *store.Limits) { l.Size = req.GB * gigabyte })
	w.WriteHeader(http.StatusNoContent)
	return nil
}
