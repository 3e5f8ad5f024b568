package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// ratio is the median of how much longer a takes than b, in n pairs after one
// that is not counted.
func ratio(n int, a, b []string) (float64, error) {
	var ratios []float64
	for i := range n + 1 {
		slow, err := elapsed(a)
		if err != nil {
			return 0, err
		}
		fast, err := elapsed(b)
		if err != nil {
			return 0, err
		}
		if i > 0 {
			ratios = append(ratios, float64(slow)/float64(fast))
		}
	}
	slices.Sort(ratios)
	return ratios[len(ratios)/2], nil
}

func elapsed(words []string) (time.Duration, error) {
	cmd := exec.Command(words[0], words[1:]...)
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	start := time.Now()
	if err := cmd.Run(); err != nil {
		return 0, fmt.Errorf("running %s: %w\n%s", strings.Join(words, " "), err, output.String())
	}
	return time.Since(start), nil
}

// cachedBuild builds an image of which the builder has everything, the same
// cache options on both sides.
func cachedBuild() (float64, error) {
	dir, err := os.MkdirTemp("", "ghacache-bench-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	if _, err := elapsed([]string{"go", "build", "-o", dir + "/example", "./hack/example"}); err != nil {
		return 0, err
	}
	words := []string{"build", "--file", "hack/example/Dockerfile", "--cache-to", "type=gha,mode=max,scope=bench", "--cache-from", "type=gha,scope=bench", dir}
	return ratio(21, append([]string{"docker", "ghacache"}, words...), append([]string{"docker", "buildx"}, words...))
}

func metadataCall() (float64, error) {
	const call = "docker-cli-plugin-metadata"
	return ratio(101, []string{"bin/docker-ghacache", call}, []string{"bin/docker-buildx", call})
}

func binarySize() (float64, error) {
	info, err := os.Stat("bin/docker-ghacache")
	if err != nil {
		return 0, err
	}
	return float64(info.Size()) / 1e6, nil
}
