package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// mountPairs is how many times a mount is saved and restored.
const mountPairs = 5

// The tree is that of a Go or npm cache of medium size.
const (
	mountFiles = "20000"
	mountBytes = "400000000"
)

func mountRows() []row {
	save := func() (float64, error) { return mounted(saveBesideTar) }
	restore := func() (float64, error) { return mounted(restoreBesideTar) }
	unchanged := sync.OnceValues(func() (u unchangedMount, err error) {
		_, err = mounted(func(b *mountBench) (float64, error) { return 0, u.measure(b) })
		return u, err
	})
	dance := func() (float64, error) { return mounted(besideImage) }
	return []row{
		{"`mounts save` of 20,000 files with 400 MB, in times of `tar | zstd -3` of them", save, atMost(1.5).asGoal()},
		{"`mounts restore` of them, in times of `zstd -d | tar x`", restore, atMost(1.5)},
		{"save and restore of them: how many times longer it takes through an image, with `docker cp`", dance, atLeast(4)},
		{"`build --gha-mounts` with that mount, of which nothing changed, in times of the build without", func() (float64, error) { u, err := unchanged(); return u.times, err }, atMost(2.7)},
		{"the same: milliseconds more", func() (float64, error) { u, err := unchanged(); return u.more, err }, atMost(300)},
		{"a Go build cache after a change of one package: how many times more bytes a whole archive has than the new entry", goCache, atLeast(3)},
		{"a cache of 20,000 files after 100 new ones: the same", func() (float64, error) { return mounted(smallChange) }, atLeast(3)},
	}
}

// mountBench is a mount on the remote builder, and the same tree on this machine.
type mountBench struct {
	dir     string
	builder string
	serial  int
}

// mounted calls measure with a filled mount.
func mounted(measure func(*mountBench) (float64, error)) (float64, error) {
	dir, err := os.MkdirTemp("", "ghacache-bench-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	b := &mountBench{dir: dir, builder: os.Getenv("REMOTE_BUILDER")}
	if err := compileExample(dir); err != nil {
		return 0, err
	}
	if _, err := elapsed("", []string{dir + "/example", "tree", dir + "/tree", mountFiles, mountBytes}); err != nil {
		return 0, err
	}
	if err := b.dockerfile(`["example", "tree", "/cache", "` + mountFiles + `", "` + mountBytes + `"]`); err != nil {
		return 0, err
	}
	if _, err := b.ghacache("mounts", "rm", "bench"); err != nil && !strings.Contains(err.Error(), "no such cache mount") {
		return 0, err
	}
	if _, err := b.build(); err != nil {
		return 0, err
	}
	return measure(b)
}

// dockerfile is an image whose step has the mount.
func (b *mountBench) dockerfile(command string) error {
	text := "FROM scratch\nENV PATH=/\nCOPY example /\nARG N\nRUN --mount=type=cache,id=bench,target=/cache " + command + "\n"
	return os.WriteFile(filepath.Join(b.dir, "Dockerfile"), []byte(text), 0o600)
}

func (b *mountBench) build(more ...string) (time.Duration, error) {
	// No step of an earlier build may be taken from the cache: it would leave the mount as it is.
	words := slices.Concat([]string{"docker", "ghacache", "build", "--builder", b.builder, "--build-arg", "N=" + strconv.FormatInt(time.Now().UnixNano(), 10)}, more, []string{b.dir})
	return elapsed(b.dir, words)
}

func (b *mountBench) ghacache(words ...string) (time.Duration, error) {
	return elapsed(b.dir, slices.Concat([]string{"docker", "ghacache"}, words[:2], []string{"--builder", b.builder}, words[2:]))
}

// platform is one of which nothing is saved.
func (b *mountBench) platform() string {
	b.serial++
	return fmt.Sprintf("bench%d/b%d", time.Now().UnixNano(), b.serial)
}

// paired is the median of a pair of measurements' ratio.
func paired(n int, pair func() (a, b time.Duration, err error)) (float64, error) {
	var ratios []float64
	for i := range n + 1 {
		a, b, err := pair()
		if err != nil {
			return 0, err
		}
		if i > 0 {
			ratios = append(ratios, float64(a)/float64(b))
		}
	}
	return median(ratios), nil
}

const tarUp, tarDown = "tar c -C tree . | zstd -3 -q -f -o tree.tar.zst", "mkdir out && zstd -d -c tree.tar.zst | tar x -C out"

func saveBesideTar(b *mountBench) (float64, error) {
	return paired(mountPairs, func() (save, tar time.Duration, err error) {
		if save, err = b.ghacache("mounts", "save", "--platform", b.platform(), "bench"); err != nil {
			return 0, 0, err
		}
		tar, err = elapsed(b.dir, []string{"sh", "-c", tarUp})
		return save, tar, err
	})
}

func restoreBesideTar(b *mountBench) (float64, error) {
	platform := b.platform()
	_, err := b.ghacache("mounts", "save", "--platform", platform, "bench")
	if _, tarred := elapsed(b.dir, []string{"sh", "-c", tarUp}); err != nil || tarred != nil {
		return 0, errors.Join(err, tarred)
	}
	return paired(mountPairs, func() (restore, tar time.Duration, err error) {
		if restore, err = b.restore(platform); err != nil {
			return 0, 0, err
		}
		if _, err := elapsed(b.dir, []string{"rm", "-rf", "out"}); err != nil {
			return 0, 0, err
		}
		tar, err = elapsed(b.dir, []string{"sh", "-c", tarDown})
		return restore, tar, err
	})
}

func (b *mountBench) restore(platform string) (time.Duration, error) {
	if _, err := b.ghacache("mounts", "rm", "bench"); err != nil {
		return 0, err
	}
	return b.ghacache("mounts", "restore", "--platform", platform, "bench")
}

// besideImage does what the actions for cache mounts do: out through an image, docker cp and tar, and in through a build
// with the tree as its context. Neither has the time of an upload, which the plugin's has.
func besideImage(b *mountBench) (float64, error) {
	return paired(1, func() (image, own time.Duration, err error) {
		platform := b.platform()
		save, err := b.ghacache("mounts", "save", "--platform", platform, "bench")
		if err != nil {
			return 0, 0, err
		}
		restore, err := b.restore(platform)
		if err != nil {
			return 0, 0, err
		}
		image, err = b.dance()
		return image, save + restore, err
	})
}

func (b *mountBench) dance() (time.Duration, error) {
	if err := b.dockerfile(`["example", "walk", "/cache", "/copy"]`); err != nil {
		return 0, err
	}
	out, err := b.build("--load", "--tag", "ghacache-bench-dance")
	if err != nil {
		return 0, err
	}
	script := `id=$(docker create ghacache-bench-dance /x) && docker cp "$id:/copy" - | tar x -C . && docker rm "$id" >/dev/null && docker image rm ghacache-bench-dance >/dev/null`
	copied, err := elapsed(b.dir, []string{"sh", "-c", script})
	if err != nil {
		return 0, err
	}
	// The copy is the context of the build that fills the mount again.
	text := "FROM scratch\nENV PATH=/\nCOPY example /\nCOPY copy /copy\nARG N\nRUN --mount=type=cache,id=bench-dance,target=/cache [\"example\", \"walk\", \"/copy\", \"/cache/copy\"]\n"
	if err := os.WriteFile(filepath.Join(b.dir, "Dockerfile"), []byte(text), 0o600); err != nil {
		return 0, err
	}
	in, err := b.build()
	_, removed := b.ghacache("mounts", "rm", "bench-dance")
	return out + copied + in, errors.Join(err, removed)
}

// unchangedMount is how long a build takes that uses a mount and changes nothing in it, beside one that leaves it alone.
type unchangedMount struct{ times, more float64 } // milliseconds more

func (u *unchangedMount) measure(b *mountBench) error {
	if err := b.dockerfile(`["example", "sum", "/cache/module0/package0/file0.go"]`); err != nil {
		return err
	}
	var times, more []float64
	for i := range pairs + 1 {
		with, err := b.build("--gha-mounts")
		if err != nil {
			return err
		}
		without, err := b.build()
		if err != nil {
			return err
		}
		if i > 0 {
			times, more = append(times, float64(with)/float64(without)), append(more, float64(with-without)/float64(time.Millisecond))
		}
	}
	u.times, u.more = median(times), median(more)
	return nil
}

// smallChange compares the first entry of a mount with the one after a small change.
func smallChange(b *mountBench) (float64, error) {
	platform := b.platform()
	whole, err := b.sent(platform)
	if err != nil {
		return 0, err
	}
	if err := b.dockerfile(`["example", "tree", "/cache/new", "100", "2000000"]`); err != nil {
		return 0, err
	}
	if _, err := b.build(); err != nil {
		return 0, err
	}
	change, err := b.sent(platform)
	return whole / change, err
}

// sent is how many bytes the service has more after saving the mount.
func (b *mountBench) sent(platform string) (float64, error) {
	before, err := cacheSize()
	if err != nil {
		return 0, err
	}
	if _, err := b.ghacache("mounts", "save", "--platform", platform, "bench"); err != nil {
		return 0, err
	}
	after, err := cacheSize()
	return float64(after - before), err
}
