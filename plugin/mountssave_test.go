package plugin

import (
	"strings"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
)

// The builder is not asked for anything: there is none.
func TestMountsAreSavedWhereTheWritePolicyAllows(t *testing.T) {
	for name, c := range map[string]struct {
		policy, ref string
		want        string // in standard error
		code        int
	}{
		"never":                              {"never", "refs/heads/main", "info: no cache mount is saved: --gha-write=never\n", 0},
		"the default branch only, elsewhere": {"default-branch", "refs/heads/x", "info: no cache mount is saved: --gha-write=default-branch, and this build would write to x\n", 0},
		"the default branch only, and on it": {"default-branch", "refs/heads/main", `builder "nosuch" not found`, 1},
		"almost full":                        {"auto:0%", "refs/heads/x", "info: no cache mount is saved: --gha-write=auto:0%, the repository's caches take 0B of 10GiB, and this build would write to x\n", 0},
		"almost full, on the default branch": {"auto:0%", "refs/heads/main", `builder "nosuch" not found`, 1},
		"without a policy":                   {"", "refs/heads/x", `builder "nosuch" not found`, 1},
		"a policy that there is not":         {"sometimes", "refs/heads/x", `reading GHACACHE_WRITE: "sometimes" is not a value of --gha-write`, usageError},
	} {
		t.Run(name, func(t *testing.T) {
			d := serve(t, cacheserver.Options{}, nil, c.ref)
			d.vars["GHACACHE_WRITE"] = c.policy
			got := d.run("mounts", "save", "--builder", "nosuch")
			if got.code != c.code || !strings.Contains(got.stderr, c.want) || got.stdout != "" {
				t.Errorf("got %+v, want %q and %d", got, c.want, c.code)
			}
		})
	}
}
