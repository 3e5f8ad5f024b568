package mounts

import (
	"fmt"
	"slices"
	"strings"

	"github.com/containerd/platforms"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/docker-ghacache/docker-ghacache/internal/hint"
)

// ParsePlatforms reads the value of --platform: platforms with commas between them. An error has a hint.
func ParsePlatforms(list string) ([]string, error) {
	names := strings.Split(list, ",")
	for _, name := range names {
		if _, err := parsePlatform(name); err != nil {
			return nil, hint.With(fmt.Errorf("reading --platform: %w", err), "--platform linux/amd64")
		}
	}
	return names, nil
}

// parsePlatform reads a platform as buildx does.
func parsePlatform(name string) (ocispecs.Platform, error) {
	if strings.EqualFold(name, "local") {
		return platforms.DefaultSpec(), nil
	}
	return platforms.Parse(name)
}

// PlatformKey is what the keys of entries say of the platforms of builds.
func PlatformKey(names []string) string {
	var all []string
	for _, name := range names {
		if p, err := parsePlatform(name); err == nil {
			name = platforms.Format(platforms.Normalize(p))
		}
		all = append(all, name)
	}
	slices.Sort(all)
	return strings.Join(slices.Compact(all), "+")
}
