package migrate_test

import (
	"os"
	"strconv"
	"strings"
	"testing"
)

// highWater is the most memory that this process ever took, in MB, and 0 where the
// system does not tell.
func highWater(t testing.TB) float64 {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	kb, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
	if err != nil {
		t.Fatal(err)
	}
	return kb / 1024
}
