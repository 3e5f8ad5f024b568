package view

import (
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/mounts"
)

func TestMountResult(t *testing.T) {
	mount := mounts.Mount{ID: "/go"}
	for name, c := range map[string]struct {
		result mounts.Result
		want   string
	}{
		"restored":  {mounts.Result{Mount: mount, State: mounts.Restored, Files: 2, Bytes: 3 << 20}, "go\trestored\t2 files, 3MiB"},
		"saved":     {mounts.Result{Mount: mount, State: mounts.Saved, Files: 1, Bytes: 3 << 20, Sent: 1 << 20}, "go\tsaved\t1MiB of 1 changed file"},
		"unchanged": {mounts.Result{Mount: mount, State: mounts.Unchanged}, "go\tunchanged"},
		"empty":     {mounts.Result{Mount: mount, State: mounts.Empty}, "go\tempty"},
		"too large": {mounts.Result{Mount: mount, State: mounts.TooLarge, Bytes: 3 << 20}, "go\ttoo large"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := MountResult(c.result); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
