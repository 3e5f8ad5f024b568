// Command bench measures the speed and sizes that the project promises, and
// writes docs/benchmarks.md. It exits with 1 if a target is missed.
//
// It runs under hack/lab. Ratios are medians of pairs measured alternately, so
// that a machine that is slow for a while is slow for both.
package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
)

// row is one measurement, with or without a target.
type row struct {
	name    string
	measure func() (float64, error)
	target  target
}

func rows() []row {
	server := benchmarks("./internal/cacheserver", "Gibibyte|ThousandEntries", "11x")
	return slices.Concat(wrapperRows(), []row{
		{"metadata call, in times of buildx's", metadataCall, atMost(0.8)},
		{"binary, stripped, MB", binarySize, atMost(56)},
		{"`serve`: 1 GiB up in blocks of 1 MiB, in times of a bare handler's speed", metric(server, "Gibibyte/1MiBx1 up/bare"), atLeast(0.7)},
		{"`serve`: the same down", metric(server, "Gibibyte/1MiBx1 down/bare"), atLeast(0.7)},
		{"`serve`: 1 GiB up in 8 blocks of 64 MiB at a time, in times of a bare handler's speed", metric(server, "Gibibyte/64MiBx8 up/bare"), atLeast(0.7)},
		{"`serve`: the same down", metric(server, "Gibibyte/64MiBx8 down/bare"), atLeast(0.7)},
		{"`serve`: entries a second, 16 clients saving 1,000 without an error", metric(server, "ThousandEntries entries/s"), target{}},
		{"`serve`: memory after an entry of 512 MiB, in times of that after one of 16 MiB", memory, atMost(1.5)},
	}, relayRows(), cacheRows(), mountRows(), migrateRows())
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run measures the rows whose name contains the given word, or all rows.
func run(args []string) error {
	if len(args) == 2 && args[0] == asProxy {
		return proxy(args[1])
	}
	var results []result
	var errs []error
	for _, r := range rows() {
		if len(args) > 0 && !contains(r.name, args[0]) {
			continue
		}
		value, err := r.measure()
		if err != nil {
			errs = append(errs, fmt.Errorf("measuring %s: %w", r.name, err))
			fmt.Println(errs[len(errs)-1])
			continue
		}
		results = append(results, result{r, value})
		fmt.Println(results[len(results)-1])
	}
	if len(args) == 0 && len(errs) == 0 {
		if err := write("docs/benchmarks.md", results); err != nil {
			return err
		}
	}
	return errors.Join(append(errs, missed(results))...)
}
