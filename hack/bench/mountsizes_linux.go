package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/docker-ghacache/docker-ghacache/internal/mounts/archive"
	"github.com/docker-ghacache/docker-ghacache/internal/mounts/wire"
)

// cacheSize is what all entries take.
func cacheSize() (int64, error) {
	out, err := exec.Command("docker", "ghacache", "du", "--format", "json").Output()
	if err != nil {
		return 0, err
	}
	var usage struct {
		Bytes int64 `json:"bytes"`
	}
	err = json.Unmarshal(out, &usage)
	return usage.Bytes, err
}

// goCache builds a package of this project into an empty build cache, changes it, and builds it again.
func goCache() (float64, error) {
	dir, err := os.MkdirTemp("", "ghacache-bench-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	cache, source := filepath.Join(dir, "cache"), filepath.Join(dir, "source")
	build := func() error {
		cmd := exec.Command("go", "build", "-o", os.DevNull, ".")
		cmd.Dir, cmd.Env = source, append(os.Environ(), "GOCACHE="+cache, "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
		return nil
	}
	for name, text := range map[string]string{"go.mod": "module bench\n", "main.go": "package main\n\nimport \"net/http\"\n\nfunc main() { http.ListenAndServe(`:0`, nil) }\n"} {
		if err := os.MkdirAll(source, 0o755); err != nil {
			return 0, err
		}
		if err := os.WriteFile(filepath.Join(source, name), []byte(text), 0o600); err != nil {
			return 0, err
		}
	}
	if err := build(); err != nil {
		return 0, err
	}
	whole, err := packed(cache, nil)
	if err != nil {
		return 0, err
	}
	main := "package main\n\nimport \"net/http\"\n\nfunc main() { panic(http.ListenAndServe(`:1`, nil)) }\n"
	if err := os.WriteFile(filepath.Join(source, "main.go"), []byte(main), 0o600); err != nil {
		return 0, err
	}
	if err := build(); err != nil {
		return 0, err
	}
	again, err := packed(cache, nil)
	if err != nil {
		return 0, err
	}
	change, err := packed(cache, whole)
	return float64(len(again)) / float64(len(change)), err
}

// packed is the entry of a folder after another entry of it.
func packed(dir string, before []byte) ([]byte, error) {
	here, there := net.Pipe()
	go func() {
		_ = archive.Serve(there, dir, 0) // the other end sees it
		_ = there.Close()
	}()
	defer here.Close()
	c := wire.New(here)
	if err := c.Receive(&wire.Hello{}); err != nil {
		return nil, err
	}
	if err := c.Send(wire.Request{Op: wire.OpSave}); err != nil {
		return nil, err
	}
	if err := c.Receive(&wire.Tree{}); err != nil {
		return nil, err
	}
	plan := wire.Plan{}
	if before != nil {
		plan.Key = "before"
	}
	if err := c.Send(plan); err != nil {
		return nil, err
	}
	if before != nil {
		frame, err := archive.ReadFrame(bytes.NewReader(before))
		if err != nil {
			return nil, err
		}
		if _, err := c.SendData(bytes.NewReader(frame)); err != nil {
			return nil, err
		}
	}
	if err := c.Receive(&wire.Change{}); err != nil {
		return nil, err
	}
	if err := c.Send(wire.Request{Op: wire.OpSave}); err != nil {
		return nil, err
	}
	return io.ReadAll(c.Reader())
}
