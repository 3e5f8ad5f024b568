package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/runtimeclient"
	actionscache "github.com/tonistiigi/go-actions-cache"
)

func migrateRows() []row {
	hostile := benchmarks("./internal/migrate", "Hostile", "1x")
	return []row{
		{"`migrate-v2 --check` of 1,000 workflow files, seconds", checkFiles, atMost(2)},
		{"`migrate-v2`: 1,000 hostile files, seconds", func() (float64, error) {
			ns, err := metric(hostile, "Hostile ns/op")()
			return ns / 1e9, err
		}, atMost(10)},
		{"`migrate-v2`: the same, MB at most", metric(hostile, "Hostile MB"), atMost(300)},
		{"`migrate-v2 --copy` of 450 MB in 7 layers 20 ms away, in times of go-actions-cache's Load and Save one after another", copySpeed, atLeast(3)},
	}
}

// checkFiles is the median time of five runs.
func checkFiles() (float64, error) {
	dir, err := os.MkdirTemp("", "ghacache-bench-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	if err := workflows(filepath.Join(dir, ".github/workflows"), 1000); err != nil {
		return 0, err
	}
	var seconds []float64
	for range 5 {
		start := time.Now()
		out, err := exec.Command("bin/docker-ghacache", "migrate-v2", "--check", "--offline", "--service", "v2", dir).CombinedOutput()
		if failed, ok := errors.AsType[*exec.ExitError](err); !ok || failed.ExitCode() > 2 { // 2: some of the tests' workflows cannot be read
			return 0, fmt.Errorf("checking found nothing: %w\n%s", err, out)
		}
		seconds = append(seconds, time.Since(start).Seconds())
	}
	return median(seconds), nil
}

// workflows fills a folder with copies of those of the tests.
func workflows(dir string, n int) error {
	inputs, err := filepath.Glob("internal/migrate/testdata/workflow/*.yml")
	if err != nil || len(inputs) == 0 {
		return fmt.Errorf("finding workflows: %d, %w", len(inputs), err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for i := range n {
		src, err := os.ReadFile(inputs[i%len(inputs)])
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%d.yml", i)), src, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// copySpeed is the median of three pairs.
func copySpeed() (float64, error) {
	source, err := serveFar()
	if err != nil {
		return 0, err
	}
	defer source.stop()
	layers, err := source.export()
	if err != nil {
		return 0, err
	}
	var ratios []float64
	for range 3 {
		slow, err := timed(func(target *far) error { return oneAfterAnother(source, target, layers) })
		if err != nil {
			return 0, err
		}
		fast, err := timed(func(target *far) error { return source.copyTo(target) })
		if err != nil {
			return 0, err
		}
		ratios = append(ratios, slow.Seconds()/fast.Seconds())
	}
	return median(ratios), nil
}

// timed runs with a new target.
func timed(work func(*far) error) (time.Duration, error) {
	target, err := serveFar()
	if err != nil {
		return 0, err
	}
	defer target.stop()
	start := time.Now()
	err = work(target)
	return time.Since(start), err
}

// far is a cache service 20 ms away.
type far struct {
	dir string
	cmd *exec.Cmd
	env map[string]string
}

func serveFar() (*far, error) {
	dir, err := os.MkdirTemp("", "ghacache-bench-")
	if err != nil {
		return nil, err
	}
	f := &far{dir: dir}
	file := filepath.Join(dir, "env")
	f.cmd = exec.Command("bin/docker-ghacache", "serve", "--latency", "20ms", "--dir", filepath.Join(dir, "store"), "--env-file", file)
	if err := f.cmd.Start(); err != nil {
		return nil, err
	}
	if f.env, err = environment(file); err != nil {
		f.stop()
		return nil, err
	}
	return f, os.WriteFile(f.token(), []byte(f.env["ACTIONS_RUNTIME_TOKEN"]), 0o600)
}

func (f *far) stop() {
	_ = f.cmd.Process.Kill() // its folder goes as well
	_ = f.cmd.Wait()
	_ = os.RemoveAll(f.dir)
}

func (f *far) token() string { return filepath.Join(f.dir, "token") }

// export saves a cache like a build whose last layer is the largest.
func (f *far) export() ([]bkcache.Layer, error) {
	r, err := runtimeclient.NewReader(f.env["ACTIONS_RESULTS_URL"], 2, f.env["ACTIONS_RUNTIME_TOKEN"], "bench")
	if err != nil {
		return nil, err
	}
	save := runtimeclient.NewUploader(r, time.Now)
	var layers []bkcache.Layer
	var named []string
	for i, megabytes := range []int64{3, 30, 40, 60, 20, 7, 290} {
		size := megabytes * 1e6
		hash := sha256.New()
		if _, err := io.Copy(hash, noise(i, size)); err != nil {
			return nil, err
		}
		l := bkcache.Layer{Digest: fmt.Sprintf("sha256:%x", hash.Sum(nil)), Size: size}
		layers = append(layers, l)
		named = append(named, fmt.Sprintf(`{"blob":%q,"parent":-1,"annotations":{"diffID":%q,"size":%d}}`, l.Digest, l.Digest, size))
		if err := save.Upload(context.Background(), bkcache.LayerKey(l.Digest).String(), noise(i, size), size); err != nil {
			return nil, err
		}
	}
	index := fmt.Sprintf(`{"layers":[%s]}`, strings.Join(named, ","))
	key := bkcache.IndexKey("app", r.Refs()[0], false, 1).String()
	return layers, save.Upload(context.Background(), key, strings.NewReader(index), int64(len(index)))
}

func noise(seed int, size int64) io.Reader {
	return io.LimitReader(rand.NewChaCha8([32]byte{byte(seed)}), size)
}

func (f *far) copyTo(target *far) error {
	_, err := elapsed("", []string{
		"bin/docker-ghacache", "migrate-v2", "--copy", "--scope", "app", "--from-url", f.env["ACTIONS_CACHE_URL"], "--from-token", f.token(),
		"--to-url", target.env["ACTIONS_RESULTS_URL"], "--to-token", target.token(),
	})
	return err
}

// oneAfterAnother copies with a loop around BuildKit's client.
func oneAfterAnother(source, target *far, layers []bkcache.Layer) error {
	ctx := context.Background()
	from, err := actionscache.New(source.env["ACTIONS_RUNTIME_TOKEN"], source.env["ACTIONS_CACHE_URL"], false, actionscache.Opt{})
	if err != nil {
		return err
	}
	to, err := actionscache.New(target.env["ACTIONS_RUNTIME_TOKEN"], target.env["ACTIONS_RESULTS_URL"], true, actionscache.Opt{})
	if err != nil {
		return err
	}
	for _, l := range layers {
		key := bkcache.LayerKey(l.Digest).String()
		entry, err := from.Load(ctx, key)
		if err != nil {
			return err
		}
		content := entry.Download(ctx)
		if err := to.Save(ctx, key, blob{content, l.Size}); err != nil {
			return err
		}
		if err := content.Close(); err != nil {
			return err
		}
	}
	return nil
}

type blob struct {
	actionscache.ReaderAtCloser
	size int64
}

func (b blob) Size() int64 { return b.size }
