package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/moby/buildkit/client"
	actionscache "github.com/tonistiigi/go-actions-cache"
)

const exporting, distance = "exporting to GitHub Actions Cache", 20 * time.Millisecond

// longer ends the names of the rows that are in the picture.
const longer = ": how many times longer plain buildx takes than with the relay"

func relayRows() []row {
	cost := sync.OnceValues(relayCost)
	one, large, small := workload{1, 448 << 20}, workload{7, 64 << 20}, workload{100, 200 << 10}
	unlimited, limited := link{latency: distance}, link{distance, 60e6, 0}
	plain, relayed := side{limited, false}, side{limited, true}
	return []row{
		{"export of 7 layers of 64 MiB, 20 ms away" + longer, large.speedup(link{latency: distance}, false), atLeast(8)},
		{"export of 7 layers of 64 MiB, 5 ms away" + longer, large.speedup(link{latency: 5 * time.Millisecond}, false), atLeast(3)},
		{"export of 100 layers of 200 kB, 20 ms away" + longer, small.speedup(link{latency: distance}, false), atLeast(4.5)},
		{"export of 100 layers that are all there, 20 ms away" + longer, small.speedup(link{latency: distance}, true), atLeast(1.8)},
		{"export of 7 layers of 64 MiB, no distance: the relay in times of plain buildx", inverse(large.speedup(link{}, false)), atMost(1.1)},
		{"export of 7 layers of 64 MiB, 100 MB/s a connection and 400 MB/s in all, 20 ms away: % of the link", large.share(link{distance, 100e6, 400e6}), atLeast(80)},
		{"import of a layer of 448 MiB, 60 MB/s a connection" + longer, one.importing(plain, relayed), atLeast(2.5)},
		{"the import of this layer with the relay, in times of plain buildx's without that limit", one.importing(relayed, side{unlimited, false}), atMost(1.2)},
		{"import of 7 layers of 64 MiB, 60 MB/s a connection" + longer, large.importing(plain, relayed), atLeast(0.97)},
		{"relay: memory after a layer of 4 GiB, MB", func() (float64, error) { c, err := cost(); return c.megabytes, err }, atMost(200)},
		{"relay: CPU for that layer, in times of that of net/http's reverse proxy", func() (float64, error) { c, err := cost(); return c.timesProxy, err }, atMost(1)},
		{"relay: seconds of CPU a gigabyte, of that layer", func() (float64, error) { c, err := cost(); return c.secondsPerGB, err }, atMost(1)},
	}
}

// workload is an image with layers of random bytes.
type workload struct{ layers, size int }

// context makes a build context that has the layers.
func (w workload) context() (dir string, err error) {
	if dir, err = os.MkdirTemp("", "ghacache-bench-"); err != nil {
		return "", err
	}
	dockerfile := []string{"FROM scratch"}
	random := rand.NewChaCha8([32]byte{byte(w.layers)})
	for i := range w.layers {
		name := fmt.Sprintf("layer%d", i)
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			return dir, err
		}
		_, err = io.CopyN(f, random, int64(w.size))
		if err := errors.Join(err, f.Close()); err != nil {
			return dir, err
		}
		dockerfile = append(dockerfile, fmt.Sprintf("COPY %s /", name))
	}
	return dir, os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte(strings.Join(dockerfile, "\n")), 0o600)
}

// build builds with a cache service and returns how long the vertices took whose names begin with vertex, and all of it.
func build(dir, url, token, vertex string, args ...string) (step, all time.Duration, err error) {
	args = append([]string{"build", "--builder", os.Getenv("REMOTE_BUILDER"), "--progress", "rawjson"}, args...)
	cmd := exec.Command("bin/docker-buildx", append(args, dir)...)
	cmd.Env = append(os.Environ(), "ACTIONS_RESULTS_URL="+url, "ACTIONS_RUNTIME_TOKEN="+token, "ACTIONS_CACHE_SERVICE_V2=true")
	var progress bytes.Buffer
	cmd.Stderr = &progress
	start := time.Now()
	if err := cmd.Run(); err != nil {
		return 0, 0, fmt.Errorf("building: %w\n%s", err, tail(progress.String()))
	}
	all = time.Since(start)
	for line := range bytes.Lines(progress.Bytes()) {
		if line[0] != '{' {
			continue // a warning of buildx
		}
		var s client.SolveStatus
		if err := json.Unmarshal(line, &s); err != nil {
			return 0, 0, fmt.Errorf("reading buildx's progress: %w", err)
		}
		for _, v := range s.Vertexes {
			if strings.HasPrefix(v.Name, vertex) && v.Started != nil && v.Completed != nil {
				step = max(step, v.Completed.Sub(*v.Started))
			}
		}
	}
	if step == 0 {
		return 0, 0, fmt.Errorf("the build has no step %q", vertex)
	}
	return step, all, nil
}

func tail(text string) string { return text[max(0, len(text)-2000):] }

const cacheTo = "type=gha,mode=max,scope=bench"

// rounds is how many pairs count. The first pair fills what can be filled, and does not.
const rounds = 3

// speedup measures how many times longer an export takes without a relay.
func (w workload) speedup(l link, again bool) func() (float64, error) {
	return func() (float64, error) {
		return alternate(w.context, func(dir string) (float64, error) {
			direct, err := w.export(dir, l, again, false)
			if err != nil {
				return 0, err
			}
			relayed, err := w.export(dir, l, again, true)
			return float64(direct) / float64(relayed), err
		})
	}
}

func alternate(context func() (dir string, err error), pair func(dir string) (float64, error)) (float64, error) {
	dir, err := context()
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	var values []float64
	for i := range rounds + 1 {
		v, err := pair(dir)
		if err != nil {
			return 0, err
		}
		if i > 0 {
			values = append(values, v)
		}
	}
	return median(values), nil
}

// relayCost measures what a relay takes that passes a layer of 4 GiB on, and how much of the CPU that of a reverse proxy.
func relayCost() (cost struct{ megabytes, secondsPerGB, timesProxy float64 }, err error) {
	r, err := openRemote(link{latency: distance})
	if err != nil {
		return cost, err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	dir, err := os.MkdirTemp("", "ghacache-bench-")
	if err != nil {
		return cost, err
	}
	defer os.RemoveAll(dir)
	bench, err := os.Executable()
	if err != nil {
		return cost, err
	}
	proxied, err := passOn(r, "by a proxy", filepath.Join(dir, "proxy.env"), bench, asProxy)
	if err != nil {
		return cost, err
	}
	relayed, err := passOn(r, "by a relay", filepath.Join(dir, "relay.env"), "bin/docker-ghacache", "serve", "--upstream", "--env-file")
	cost.megabytes = relayed.megabytes
	cost.secondsPerGB = relayed.cpu.Seconds() / (passedOn / 1e9)
	cost.timesProxy = float64(relayed.cpu) / float64(proxied.cpu)
	return cost, err
}

// passedOn is the size of a layer that processes pass on, in bytes.
const passedOn = 4 << 30

// passing is what a process has taken.
type passing struct {
	megabytes float64
	cpu       time.Duration
}

// passOn saves an entry through a process that writes the environment of its service to a file, which is its last word.
func passOn(r *remote, key, file string, words ...string) (p passing, err error) {
	cmd := exec.Command(words[0], append(words[1:], file)...)
	cmd.Env = append(os.Environ(), "ACTIONS_RESULTS_URL="+r.url, "ACTIONS_RUNTIME_TOKEN="+r.token)
	if err := cmd.Start(); err != nil {
		return p, err
	}
	end := sync.OnceFunc(func() {
		_ = cmd.Process.Kill() // fails only when it has ended
		_ = cmd.Wait()         // it was killed
	})
	defer end()
	env, err := environment(file)
	if err != nil {
		return p, err
	}
	client, err := actionscache.New(env["ACTIONS_RUNTIME_TOKEN"], env["ACTIONS_RESULTS_URL"], true, actionscache.Opt{})
	if err != nil {
		return p, err
	}
	if err := client.Save(context.Background(), key, zeros(passedOn)); err != nil { // the relay lets the client of such a key wait for the service
		return p, err
	}
	kilobytes, err := highWater(cmd.Process.Pid)
	end()
	return passing{kilobytes / 1000, cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}, err
}

func inverse(f func() (float64, error)) func() (float64, error) {
	return func() (float64, error) {
		v, err := f()
		return 1 / v, err
	}
}

// export exports to a fresh service, or again to one that has it all, and returns how long the step took.
func (w workload) export(dir string, l link, again, relayed bool) (took time.Duration, err error) {
	r, err := openRemote(l)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	once := func(url, token string) error {
		took, _, err = build(dir, url, token, exporting, "--cache-to", cacheTo)
		return err
	}
	if again {
		if err := once(r.url, r.token); err != nil {
			return 0, err
		}
	}
	if relayed {
		err = relayTo(r, "bench", once)
	} else {
		err = once(r.url, r.token)
	}
	if os.Getenv("BENCH_VERBOSE") != "" {
		fmt.Printf("  %d x %d: relayed %t, %.2fs\n", w.layers, w.size, relayed, took.Seconds())
	}
	return took, err
}

// share measures how much of the link an export with a relay uses.
func (w workload) share(l link) func() (float64, error) {
	return func() (float64, error) {
		return alternate(w.context, func(dir string) (float64, error) {
			took, err := w.export(dir, l, false, true)
			return 100 * float64(w.layers) * float64(w.size) / took.Seconds() / l.together, err
		})
	}
}
