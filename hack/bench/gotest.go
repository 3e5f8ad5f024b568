package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
)

// suite runs the benchmarks of a package once. Values are found by benchmark and
// unit, as in "Gibibyte/1MiBx1 up/bare".
type suite func() (map[string]float64, error)

func benchmarks(pkg, pattern, times string) suite {
	return sync.OnceValues(func() (map[string]float64, error) {
		cmd := exec.Command("go", "test", pkg, "-run", "^$", "-bench", pattern, "-benchtime", times, "-timeout", "20m")
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		if err != nil {
			return nil, fmt.Errorf("%w\n%s", err, out)
		}
		return parse(out)
	})
}

// parse reads lines such as
//
//	BenchmarkGibibyte/1MiBx1-2   3   4021234567 ns/op   0.91 up/bare
func parse(out []byte) (map[string]float64, error) {
	values := map[string]float64{}
	lines := bufio.NewScanner(bytes.NewReader(out))
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		name := strings.TrimPrefix(fields[0], "Benchmark")
		if i := strings.LastIndex(name, "-"); i > 0 {
			name = name[:i]
		}
		for i := 2; i+1 < len(fields); i += 2 {
			value, err := strconv.ParseFloat(fields[i], 64)
			if err != nil {
				return nil, fmt.Errorf("reading %q: %w", lines.Text(), err)
			}
			values[name+" "+fields[i+1]] = value
		}
	}
	return values, lines.Err()
}

// metric is one value of a suite.
func metric(run suite, name string) func() (float64, error) {
	return func() (float64, error) {
		values, err := run()
		if err != nil {
			return 0, err
		}
		value, ok := values[name]
		if !ok {
			return 0, fmt.Errorf("%q was not measured", name)
		}
		return value, nil
	}
}
