package rules

import "testing"

func TestNear(t *testing.T) {
	for id, want := range map[string]string{"buildx": BuildxVersion, "dance": CacheDance, "move_cache": ActionsCache, "xyz": "", "": ""} {
		first := ""
		if near := Near(id); len(near) > 0 {
			first = near[0].ID
		}
		if first != want {
			t.Errorf("near %q is first %q, want %q", id, first, want)
		}
	}
}
