package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheclient"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
	"github.com/docker-ghacache/docker-ghacache/internal/listing"
	"github.com/docker-ghacache/docker-ghacache/internal/reclaim"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
)

func cacheRows() []row {
	plan := metric(benchmarks("./internal/reclaim", "Plan100000Entries", "3x"), "Plan100000Entries/default ns/op")
	week := benchmarks("./internal/reclaim", "TypicalRepository", "1x")
	return []row{
		{"`ls` of 10,000 entries at 100 ms a request: how many times longer the pages take one after another", listingSpeed, atLeast(8)},
		{"`ls` of 10,000 entries at 100 ms a request, of which 190 are indexes that it reads, in times of without reading them", readingIndexes, atMost(2)},
		{"`ls` of 100,000 entries: memory, MB", listingMemory, atMost(200)},
		{"`prune` of 1,000 layers with a glance at runs, indexes and uses before each few, in times of what a secondary limit allows, with no request refused after the first", pruning, atMost(1.2)},
		{"a week of 30 builds on main and five pull requests, three of them closed: garbage by full knowledge, MiB", metric(week, "TypicalRepository/full-knowledge MiB-proven"), target{}},
		{"`prune` of it from a laptop: proven, %", metric(week, "TypicalRepository/laptop %-proven"), target{}},
		{"the same with `--likely`, %", metric(week, "TypicalRepository/laptop %-likely"), atLeast(95)},
		{"`prune` of it in a job on main: proven, %", metric(week, "TypicalRepository/main %-proven"), target{}},
		{"the same with `--likely`, %", metric(week, "TypicalRepository/main %-likely"), atLeast(95)},
		{"`prune` of it in a job of an open pull request: proven, %", metric(week, "TypicalRepository/pull-request %-proven"), target{}},
		{"the same with `--likely`, %", metric(week, "TypicalRepository/pull-request %-likely"), atLeast(95)},
		{"planning 100,000 entries with 500 indexes, seconds", func() (float64, error) {
			ns, err := plan()
			return ns / 1e9, err
		}, atMost(1)},
	}
}

// served calls use with the environment of a service that has n layers and some indexes.
func served(n, indexes int, use func(env map[string]string) error, args ...string) error {
	dir, err := seed(n, indexes)
	defer os.RemoveAll(dir)
	if err != nil {
		return err
	}
	file := filepath.Join(dir, "env")
	cmd := exec.Command("bin/docker-ghacache", append([]string{"serve", "--dir", dir, "--env-file", file}, args...)...)
	if err := cmd.Start(); err != nil {
		return err
	}
	defer func() {
		_ = cmd.Process.Kill() // fails only when it has ended
		_ = cmd.Wait()         // it was killed
	}()
	env, err := environment(file)
	if err != nil {
		return err
	}
	return use(env)
}

// list runs ls as in a job, and expects n lines. It calls watch with the process
// after the first line; the lines that a pipe cannot hold are in the process's
// memory then.
func list(env map[string]string, n int, watch func(pid int) error) error {
	cmd := exec.Command("bin/docker-ghacache", "ls", "--entries", "--quiet")
	for name, value := range env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	lines := bufio.NewScanner(stdout)
	count := 0
	for lines.Scan() {
		if count++; count == 1 {
			err = watch(cmd.Process.Pid)
		}
	}
	if err := errors.Join(err, lines.Err(), cmd.Wait()); err != nil {
		return fmt.Errorf("running ls: %w\n%s", err, stderr.String())
	}
	if count != n {
		return fmt.Errorf("%d of %d entries were listed", count, n)
	}
	return nil
}

func listingSpeed() (ratio float64, err error) {
	const entries = 10_000
	err = served(entries, 0, func(env map[string]string) error {
		start := time.Now()
		if err := list(env, entries, func(int) error { return nil }); err != nil {
			return err
		}
		atOnce := time.Since(start)
		start = time.Now()
		for page := 1; page <= entries/100; page++ {
			if err := get(env, fmt.Sprintf("actions/caches?per_page=100&page=%d", page)); err != nil {
				return err
			}
		}
		ratio = float64(time.Since(start)) / float64(atOnce)
		return nil
	}, "--latency", "100ms")
	return ratio, err
}

func readingIndexes() (ratio float64, err error) {
	const layers, indexes = 9810, 190
	took := func(env map[string]string) (time.Duration, error) {
		start := time.Now()
		err := list(env, layers+indexes, func(int) error { return nil })
		return time.Since(start), err
	}
	err = served(layers, indexes, func(env map[string]string) error {
		without := maps.Clone(env)
		delete(without, "ACTIONS_RUNTIME_TOKEN")
		if err := reads(env, indexes); err != nil {
			return err
		}
		var ratios []float64
		for range 5 {
			listing, err := took(without)
			if err != nil {
				return err
			}
			reading, err := took(env)
			if err != nil {
				return err
			}
			ratios = append(ratios, float64(reading)/float64(listing))
		}
		ratio = median(ratios)
		return nil
	}, "--latency", "100ms")
	return ratio, err
}

// reads fails unless ls knows the layers of all n scopes.
func reads(env map[string]string, n int) error {
	cmd := exec.Command("bin/docker-ghacache", "ls", "--format", "{{.Layers}}")
	for name, value := range env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("running ls: %w", err)
	}
	if known := bytes.Count(out, []byte("50\n")); known != n {
		return fmt.Errorf("ls has read %d of %d indexes", known, n)
	}
	return nil
}

func get(env map[string]string, path string) error {
	req, err := http.NewRequest(http.MethodGet, env["GITHUB_API_URL"]+"/repos/"+env["GITHUB_REPOSITORY"]+"/"+path, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+env["GITHUB_TOKEN"])
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return errors.New(resp.Status)
	}
	_, err = new(bytes.Buffer).ReadFrom(resp.Body)
	return err
}

func listingMemory() (megabytes float64, err error) {
	const entries = 100_000
	err = served(entries, 0, func(env map[string]string) error {
		return list(env, entries, func(pid int) error {
			kilobytes, err := highWater(pid)
			megabytes = kilobytes / 1000
			return err
		})
	})
	return megabytes, err
}

// GitHub allows 900 points a minute. This test allows fewer, so that the limit is
// reached.
const (
	points        = 900
	per           = 2 * time.Second
	deletionCosts = 5
)

func pruning() (float64, error) {
	const entries = 1000
	dir, err := seed(entries, 0)
	defer os.RemoveAll(dir)
	if err != nil {
		return 0, err
	}
	service, err := cacheserver.Open(cacheserver.Options{Dir: dir, RateLimit: cacheserver.RateLimit{Points: points, Per: per}})
	if err != nil {
		return 0, err
	}
	defer service.Close()
	var refused atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		service.ServeHTTP(&watched{w, &refused}, r)
	}))
	defer server.Close()
	took, err := prune(service, server.URL, entries)
	if err != nil {
		return 0, err
	}
	if refused.Load() > 1 {
		return 0, fmt.Errorf("%d requests were refused", refused.Load())
	}
	// The first points may be spent at once.
	waits := math.Ceil(float64(entries*deletionCosts)/points) - 1
	return took.Seconds() / (waits * per.Seconds()), nil
}

// watched counts refusals.
type watched struct {
	http.ResponseWriter
	refused *atomic.Int64
}

func (w *watched) WriteHeader(status int) {
	if status == http.StatusForbidden || status == http.StatusTooManyRequests {
		w.refused.Add(1)
	}
	w.ResponseWriter.WriteHeader(status)
}

// pruned is a repository on a service that knows of no workflow runs.
type pruned struct{ *listing.Repository }

func (p pruned) Runs(ctx context.Context) (bkcache.Runs, error) {
	return p.RunsOr(ctx, p.Client.Now().Add(-reclaim.DefaultGrace))
}

// prune does the same as the command, with limits of the client scaled like those
// of the service.
func prune(service *cacheserver.Server, url string, entries int) (time.Duration, error) {
	ctx := context.Background()
	token, err := service.RESTToken(true, time.Hour)
	if err != nil {
		return 0, err
	}
	client, err := cacheclient.New(cacheclient.Target{Host: "localhost", APIURL: url + "/", Owner: "local", Repo: "repo"}, token,
		cacheclient.Options{Now: time.Now, Points: points, Per: per})
	if err != nil {
		return 0, err
	}
	repo := pruned{listing.New(client, nil, listing.Options{Now: time.Now, Say: func(ui.Level, string, string) {}})}
	start := time.Now()
	analysis, err := repo.Look(ctx)
	if err != nil {
		return 0, err
	}
	runs, err := repo.Runs(ctx)
	if err != nil {
		return 0, err
	}
	policy := reclaim.Policy{Grace: reclaim.DefaultGrace, Runs: runs}
	plan := reclaim.NewPlan(analysis, policy, time.Now()).Proven()
	result, err := plan.Execute(ctx, repo, time.Now, nil)
	if err == nil && result.Deleted.Count != entries {
		err = fmt.Errorf("%d of %d entries were deleted", result.Deleted.Count, entries)
	}
	return time.Since(start), err
}
