package secret

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/servertest"
)

func TestRead(t *testing.T) {
	runtime, err := servertest.Open(t, cacheserver.Options{Repository: "octo/app"}).RuntimeToken([]cacheserver.RefAccess{{Ref: "refs/heads/main", Write: true}}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(" of the file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	stdin := strings.NewReader("of standard input\n")
	sources := Sources{
		ReadStdin: func(context.Context) ([]byte, error) { return io.ReadAll(stdin) },
		Lookup: func(name string) (string, bool) {
			value, ok := map[string]string{"MINE": "mine", "ACTIONS_RUNTIME_TOKEN": "the job's"}[name]
			return value, ok
		},
	}
	for source, want := range map[string]string{"": "the job's", "env:MINE": "mine", "-": "of standard input", file: "of the file"} {
		if got, err := sources.Read(t.Context(), "--to-token", source); got != want || err != nil {
			t.Errorf("%q gives %q, %v", source, got, err)
		}
	}
	for source, want := range map[string]string{
		"env:NONE":                    "it is empty",
		filepath.Join(file, "secret"): reading(filepath.Join(file, "secret")),
		"secret":                      reading("secret"),
		"-":                           "it is empty", // it has been read
		runtime:                       "everybody on this machine sees it",
	} {
		_, err := sources.Read(t.Context(), "--to-token", source)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "ey") {
			t.Errorf("%q: %v", source, err)
		}
	}
}

// reading is why this system cannot read a file, without its path.
func reading(path string) string {
	_, err := os.ReadFile(path)
	return errors.Unwrap(err).Error()
}
