package mounts

import (
	"strings"
	"testing"

	"github.com/containerd/platforms"

	"github.com/docker-ghacache/docker-ghacache/internal/hint"
)

func TestPlatformsAreThoseThatBuildxKnows(t *testing.T) {
	for list, want := range map[string]string{
		"linux/amd64":                 "linux/amd64",
		"linux/arm64/v8,linux/x86_64": "linux/amd64+linux/arm64",
		"linux/arm/v7":                "linux/arm/v7",
		"local":                       platforms.Format(platforms.Normalize(platforms.DefaultSpec())),
	} {
		names, err := ParsePlatforms(list)
		if err != nil || PlatformKey(names) != want {
			t.Errorf("%q: got %q and %v, want %q", list, PlatformKey(names), err, want)
		}
	}
	for list, want := range map[string]string{
		"nosuch":             "unknown operating system or architecture",
		"linux/amd64,nosuch": "unknown operating system or architecture",
		"linux/amd64,":       "reading --platform: ",
		" ":                  "reading --platform: ",
	} {
		_, err := ParsePlatforms(list)
		if err == nil || !strings.Contains(err.Error(), want) || hint.Of(err) != "--platform linux/amd64" {
			t.Errorf("%q: got %v, want %q", list, err, want)
		}
	}
}
