package process_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/process"
)

func TestParentIsTheOneWhoStartedThis(t *testing.T) {
	if os.Getenv("TELL_PARENT") != "" {
		args, began, err := process.Parent(time.Now())
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("parent %q %v", strings.Join(args, "|"), time.Since(began) < time.Minute)
		return
	}
	cmd := exec.Command("sh", "-c", `sleep 0.1; "$0" -test.run TestParentIs -test.v; exit`, os.Args[0], "an argument")
	cmd.Env = append(os.Environ(), "TELL_PARENT=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if !strings.Contains(string(out), `|an argument" true`) {
		t.Errorf("%s", out)
	}
}
