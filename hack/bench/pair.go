package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// ratio is the median of a's time divided by b's in a folder, of n pairs after a
// first one that does not count.
func ratio(n int, dir string, a, b []string) (float64, error) {
	var ratios []float64
	for i := range n + 1 {
		slow, err := elapsed(dir, a)
		if err != nil {
			return 0, err
		}
		fast, err := elapsed(dir, b)
		if err != nil {
			return 0, err
		}
		if i > 0 {
			ratios = append(ratios, float64(slow)/float64(fast))
		}
	}
	return median(ratios), nil
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

func elapsed(dir string, words []string) (time.Duration, error) {
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Dir = dir
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	start := time.Now()
	if err := cmd.Run(); err != nil {
		return 0, fmt.Errorf("running %s: %w\n%s", strings.Join(words, " "), err, output.String())
	}
	return time.Since(start), nil
}

// compileExample puts hack/example into a folder. `make bench` switches cgo off: a step has no C library.
func compileExample(dir string) error {
	_, err := elapsed("", []string{"go", "build", "-o", filepath.Join(dir, "example"), "./hack/example"})
	return err
}

func metadataCall() (float64, error) {
	const call = "docker-cli-plugin-metadata"
	return ratio(101, "", []string{"bin/docker-ghacache", call}, []string{"bin/docker-buildx", call})
}

func binarySize() (float64, error) {
	info, err := os.Stat("bin/docker-ghacache")
	if err != nil {
		return 0, err
	}
	return float64(info.Size()) / 1e6, nil
}
