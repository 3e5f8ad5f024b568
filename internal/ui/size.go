package ui

import (
	"fmt"

	"github.com/docker/go-units"
)

// Size is a size in bytes, counted as GitHub does, whose 10 GB are 10 GiB.
func Size(bytes int64) string { return units.BytesSize(float64(bytes)) }

// Count is n of something.
func Count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// Entries is a number of cache entries.
func Entries(n int) string { return Count(n, "entry", "entries") }
