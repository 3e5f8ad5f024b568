package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"time"
)

type result struct {
	row
	value float64
}

func (r result) String() string {
	return fmt.Sprintf("%8.2f  (%s)  %s", r.value, r.target, strings.ReplaceAll(r.name, "`", ""))
}

func contains(name, word string) bool {
	return strings.Contains(strings.ToLower(name), strings.ToLower(word))
}

// missed returns an error that lists the missed targets.
func missed(results []result) error {
	var errs []error
	for _, r := range results {
		if !r.target.goal && r.target.missedBy(r.value) {
			errs = append(errs, fmt.Errorf("missed: %s", r))
		}
	}
	return errors.Join(errs...)
}

func write(file string, results []result) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Benchmarks\n\nWritten by `make bench` on %s, on %s. Ratios are medians of\npairs measured alternately. A goal is a target that is not reached on every machine yet.\n\n", time.Now().UTC().Format(time.DateOnly), machine())
	fmt.Fprint(&b, "| what | value | target | |\n|---|---:|---|---|\n")
	for _, r := range results {
		verdict := "met"
		switch {
		case r.target.met == nil:
			verdict = ""
		case r.target.missedBy(r.value) && r.target.goal:
			verdict = "not yet"
		case r.target.missedBy(r.value):
			verdict = "**missed**"
		}
		fmt.Fprintf(&b, "| %s | %.2f | %s | %s |\n", strings.ReplaceAll(r.name, "|", `\|`), r.value, r.target, verdict)
	}
	plot(&b, results)
	return os.WriteFile(file, b.Bytes(), 0o644)
}

// plot draws how much longer plain buildx takes.
func plot(b *bytes.Buffer, results []result) {
	var names, values []string
	for _, r := range results {
		if name, ok := strings.CutSuffix(r.name, longer); ok {
			names, values = append(names, strconv.Quote(name)), append(values, fmt.Sprintf("%.1f", r.value))
		}
	}
	fmt.Fprintf(b, "\n```mermaid\nxychart-beta horizontal\n    title \"How many times longer plain buildx takes than with the relay\"\n    x-axis [%s]\n    y-axis \"times\" 0 --> 15\n    bar [%s]\n```\n",
		strings.Join(names, ", "), strings.Join(values, ", "))
}

// machine describes the machine and the Go version.
func machine() string {
	cpu := first("/proc/cpuinfo", `model name\s*: (.*)`)
	kernel := first("/proc/sys/kernel/osrelease", `(.*)`)
	return fmt.Sprintf("%d × %s, Linux %s, %s", runtime.NumCPU(), cpu, kernel, runtime.Version())
}

func first(file, pattern string) string {
	data, err := os.ReadFile(file)
	if err != nil {
		return "unknown"
	}
	match := regexp.MustCompile(pattern).FindSubmatch(data)
	if match == nil {
		return "unknown"
	}
	return string(match[1])
}
