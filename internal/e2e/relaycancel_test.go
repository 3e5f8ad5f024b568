//go:build unix

package e2e

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A build that is cancelled amid its export leaves the cache as it was, and ends as it does without a relay.
func TestCancelledExportsThroughARelayWriteNoIndex(t *testing.T) {
	// Each reply takes a second, and a layer three of them, so no index can be written within two.
	for name, tt := range map[string]struct {
		how    interrupt
		moment time.Duration
	}{
		"Ctrl-C on a terminal, at once":             {interrupt{onTerminal, pressCtrlC}, 0},
		"SIGINT without a terminal, a second later": {interrupt{onPipe, signal(unix.SIGINT)}, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			u := newUser(t, shared.remote)
			u.enter(serve(t, "--ref", mainRef, "--latency", "1s"))
			want := cancelledExport(t, u, tt.how, tt.moment, build(image(t), append(toAndFrom("app"), "--gha-relay=off")...))
			got := cancelledExport(t, u, tt.how, tt.moment, relayed(image(t), toAndFrom("app")...))
			if want == 0 || got != want {
				t.Errorf("exit %d, without a relay %d", got, want)
			}
			if out := u.run("ghacache", "ls", "--entries", "--filter", "kind=index", "-q").stdout; out != "" {
				t.Errorf("there are the indexes %s", out)
			}
		})
	}
}

// cancelledExport interrupts a build a moment after its export has begun, and returns the exit code of docker.
func cancelledExport(t *testing.T, u *user, how interrupt, moment time.Duration, words []string) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := u.command(ctx, words...)
	console, err := how.start(cmd)
	check(t, err)
	defer console.Close()
	exporting, copied := make(chan struct{}), make(chan struct{})
	var output bytes.Buffer
	go func() {
		defer close(copied)
		part := make([]byte, 4096)
		for seen := false; ; {
			n, err := console.Read(part)
			output.Write(part[:n])
			if !seen && strings.Contains(output.String(), "writing layer") {
				seen = true
				close(exporting)
			}
			if err != nil {
				return
			}
		}
	}()
	select {
	case <-exporting:
	case <-ctx.Done():
		t.Fatalf("no export began\n%s", output.String())
	}
	time.Sleep(moment)
	check(t, how.send(cmd, io.Writer(console)))
	_ = cmd.Wait() // its exit code is what counts
	<-copied
	if ctx.Err() != nil {
		t.Fatalf("docker goes on\n%s", output.String())
	}
	return cmd.ProcessState.ExitCode()
}
