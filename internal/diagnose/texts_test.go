package diagnose_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/diagnose"
)

func TestEveryCauseOfAMessageHasItsText(t *testing.T) {
	texts := diagnose.Texts()
	for id, want := range map[string]string{
		"v1-sunset":           "This legacy service is shutting down, effective",
		"token-expired":       "cache token expired at",
		"token-rejected":      "failed to parse error response 401",
		"service-down":        "Our services aren't available right now",
		"throttled":           "CreateCacheEntry: 429",
		"docker-driver":       "Cache export is not supported for the docker driver",
		"dns":                 "ENOTFOUND",
		"layer-evicted":       "blob not found",
		"option-as-reference": "invalid reference format",
		"loopback-refused":    `Get "…CacheService/…": dial tcp 127.0.0.1:…: connect: connection refused`,
	} {
		if !slices.Contains(texts[id], want) {
			t.Errorf("%s has no %q but %q", id, want, texts[id])
		}
	}
	told := []string{"loopback-from-container", "loopback-from-elsewhere", "loopback-silent", "silently-dropped", "another-error", "entry-damaged"}
	for _, c := range diagnose.Catalogue() {
		if len(texts[c.ID]) == 0 && !slices.Contains(told, c.ID) {
			t.Errorf("%s has no text", c.ID)
		}
		for _, text := range texts[c.ID] {
			if slices.Contains([]string{"booting", "local", "torn", "packing", "stalled"}, text) {
				t.Errorf("%s: no log says %q", c.ID, text)
			}
			if strings.ContainsAny(text, "\x00\n") || strings.Contains(text, "……") {
				t.Errorf("%s: %q", c.ID, text)
			}
		}
	}
}
