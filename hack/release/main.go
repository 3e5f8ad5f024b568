package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
)

func main() {
	dist := flag.String("dist", "dist", "`folder` of the release")
	platforms := flag.String("platforms", "linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64", "`list` of the platforms to build for")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *dist, strings.Fields(*platforms), flag.Args())
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, dist string, platforms, verbs []string) error {
	switch strings.Join(verbs, " ") {
	case "":
		return assemble(ctx, dist, platforms)
	case "check":
		return check(ctx, dist)
	case "reproduce":
		return reproduce(ctx, dist)
	}
	return fmt.Errorf("unknown arguments %q", verbs)
}

// assemble replaces dist by a new release.
func assemble(ctx context.Context, dist string, platforms []string) error {
	if err := os.RemoveAll(dist); err != nil {
		return err
	}
	if err := os.MkdirAll(dist, 0o755); err != nil {
		return err
	}
	if err := buildHelpers(ctx, nil); err != nil {
		return err
	}
	var programs []program
	for _, platform := range platforms {
		p, err := build(ctx, dist, platform)
		if err != nil {
			return fmt.Errorf("building for %s: %w", platform, err)
		}
		fmt.Println(p.name, p.version)
		programs = append(programs, p)
	}
	if len(programs) == 0 {
		return errors.New("no platforms")
	}
	for _, part := range []func() error{
		func() error { return writeLicences(ctx, dist, programs) },
		func() error { return writeBills(ctx, dist, programs) },
		func() error { return writeManual(ctx, dist) },
		func() error { return writePackages(ctx, dist, programs) },
		func() error { return linkExtension(dist, programs) },
		func() error { return writeManifests(dist, programs) },
		func() error { return writeChecksums(dist) },
	} {
		if err := part(); err != nil {
			return err
		}
	}
	return nil
}

// command runs a program, whose output is this program's, with more variables.
func command(ctx context.Context, env []string, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("running %s %s: %w", name, strings.Join(args, " "), err)
	}
	return nil
}

// output runs a program, and returns what it wrote to standard output, trimmed.
func output(ctx context.Context, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("running %s %s: %w", name, strings.Join(args, " "), err)
	}
	return strings.TrimSpace(string(out)), nil
}
