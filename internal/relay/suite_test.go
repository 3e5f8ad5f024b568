package relay

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
)

// TestActionsCacheSuite runs the tests of go-actions-cache itself through a relay.
func TestActionsCacheSuite(t *testing.T) {
	r := start(t, serve(t, cacheserver.Options{}))
	cmd := exec.CommandContext(t.Context(), "go", "test", "-count=1", "-v", "github.com/tonistiigi/go-actions-cache",
		"-run", "TestTokenScopes|TestSaveLoad|TestExistingKey|TestChunkedSave|TestPartialKeyOrder|TestMutable")
	url, token := r.Environment(r.address)
	cmd.Env = append(os.Environ(), "ACTIONS_CACHE_API_FORCE_VERSION=v2", "ACTIONS_RESULTS_URL="+url, "ACTIONS_RUNTIME_TOKEN="+token)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, name := range []string{"TestTokenScopes", "TestSaveLoad", "TestExistingKey", "TestChunkedSave", "TestPartialKeyOrder",
		"TestMutable", "TestMutableRace", "TestMutableCrash"} {
		if !strings.Contains(string(out), "--- PASS: "+name+" ") {
			t.Errorf("%s did not pass:\n%s", name, out)
		}
	}
}
