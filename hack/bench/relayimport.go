package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// steps makes a build context whose steps write the layers. To find that they are cached, BuildKit need not have the layers: it would
// copy and hash those of a context before the import.
func (w workload) steps() (dir string, err error) {
	if dir, err = os.MkdirTemp("", "ghacache-bench-"); err != nil {
		return "", err
	}
	if err := compileExample(dir); err != nil {
		return dir, err
	}
	dockerfile := []string{"FROM scratch", "COPY example /"}
	for i := range w.layers {
		dockerfile = append(dockerfile, fmt.Sprintf(`RUN ["/example", "write", "/layer%d", "%d"]`, i, w.size+i)) // no two are the same
	}
	return dir, os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte(strings.Join(dockerfile, "\n")), 0o600)
}

// side is how a build reaches its cache.
type side struct {
	link
	relayed bool
}

// importing measures how many times longer a build from the cache takes on one side than on the other.
func (w workload) importing(one, other side) func() (float64, error) {
	return func() (ratio float64, err error) {
		var services []*remote
		defer func() {
			for _, r := range services {
				err = errors.Join(err, r.close())
			}
		}()
		fill := func(dir string) error {
			for _, s := range []side{one, other} {
				r, err := openRemote(s.link)
				if err != nil {
					return err
				}
				services = append(services, r)
				err = relayTo(r, "bench", func(url, token string) error {
					_, _, err := build(dir, url, token, exporting, "--cache-to", cacheTo)
					return err
				})
				if err != nil {
					return err
				}
			}
			return nil
		}
		return alternate(w.steps, func(dir string) (float64, error) {
			if services == nil {
				if err := fill(dir); err != nil {
					return 0, err
				}
			}
			first, err := services[0].importFrom(dir, one.relayed)
			if err != nil {
				return 0, err
			}
			second, err := services[1].importFrom(dir, other.relayed)
			if os.Getenv("BENCH_VERBOSE") != "" {
				fmt.Printf("  import %d x %d: %.2fs, then %.2fs\n", w.layers, w.size, first.Seconds(), second.Seconds())
			}
			return float64(first) / float64(second), err
		})
	}
}

// importFrom builds from the cache of a service, with a relay or without.
func (r *remote) importFrom(dir string, relayed bool) (took time.Duration, err error) {
	if !relayed {
		return importFrom(dir, r.url, r.token)
	}
	err = relayTo(r, "bench", func(url, token string) error {
		took, err = importFrom(dir, url, token)
		return err
	})
	return took, err
}

// importFrom empties the builder, and builds from the cache. The disk is idle then: it does not still write what a run before left.
func importFrom(dir, url, token string) (time.Duration, error) {
	prune := exec.Command("bin/docker-buildx", "prune", "--builder", os.Getenv("REMOTE_BUILDER"), "--all", "--force")
	if out, err := prune.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("emptying the builder: %w\n%s", err, out)
	}
	if err := exec.Command("sync").Run(); err != nil {
		return 0, fmt.Errorf("waiting for the disk: %w", err)
	}
	_, took, err := build(dir, url, token, "importing cache manifest", "--cache-from", "type=gha,scope=bench", "--output", "type=tar,dest=/dev/null")
	return took, err
}
