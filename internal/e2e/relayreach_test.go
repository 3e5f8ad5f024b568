package e2e

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// outward is an address of this machine that is not loopback.
func outward(t *testing.T) string {
	t.Helper()
	addresses, err := net.InterfaceAddrs()
	check(t, err)
	for _, a := range addresses {
		if ip, ok := a.(*net.IPNet); ok && ip.IP.IsGlobalUnicast() && ip.IP.To4() != nil {
			return ip.IP.String()
		}
	}
	t.Skip("this machine has no address but loopback")
	return ""
}

func TestARelayThatTheBuilderDoesNotReach(t *testing.T) {
	u := newUser(t, shared.bridged)
	u.enter(serve(t, "--ref", mainRef, "--listen", outward(t)+":0"))
	refused := []string{"--cache-to", "type=gha,mode=max", "--gha-relay-address=127.0.0.1"}
	t.Run("is refused, where it is required", func(t *testing.T) {
		r := u.try(build(image(t), append(refused, "--gha-relay=require")...)...)
		if r.code != 1 || len(stepLine.FindAllString(r.stderr, -1)) > 0 {
			t.Errorf("exit %d", r.code)
		}
		wantMatch(t, r.stderr, `(?m)^::error::--gha-relay=require: no relay is possible: the builder does not reach 127\.0\.0\.1: node "\S+": dial tcp 127\.0\.0\.1:\d+: connect: connection refused$`)
		wantText(t, r.stderr, "hint: --gha-relay-address=HOST", "hint: --gha-relay=auto")
	})
	t.Run("is not used otherwise, and the builder is not asked again", func(t *testing.T) {
		r := u.run(build(image(t), append(refused, "--debug")...)...)
		wantMatch(t, r.stderr, `(?m)^info: BuildKit uses the cache service without a relay: the builder does not reach 127\.0\.0\.1: .* connection refused \(it was asked within the last hour\)$`)
		wantText(t, u.run("ghacache", "ls").stdout, "main")
	})
	t.Run("is not waited for, where a firewall drops what it is sent", func(t *testing.T) {
		gateway := strings.TrimSpace(u.run("inspect", "buildx_buildkit_"+u.env["BUILDX_BUILDER"]+"0", "--format", "{{range .NetworkSettings.Networks}}{{.Gateway}}{{end}}").stdout)
		firewall(t, "INPUT", "-d", gateway, "-p", "tcp", "-j", "DROP")
		start := time.Now()
		r := u.run(build(image(t), "--cache-to", "type=gha", "--debug")...)
		wantMatch(t, r.stderr, `(?m)^info: BuildKit uses the cache service without a relay: the builder does not reach \S+: node "\S+": no answer in 3 s$`)
		if took := time.Since(start); took > 20*time.Second {
			t.Errorf("took %s", took)
		}
	})
}

func TestARelayNeedsABuilderThatRuns(t *testing.T) {
	u := newUser(t, shared.container)
	u.enter(serve(t, "--ref", mainRef, "--listen", outward(t)+":0"))
	pinned, err := shared.exec(filepath.Join(shared.root, "hack/engine"), "image")
	check(t, err)
	u.set("BUILDX_BUILDER", u.env["BUILDX_BUILDER"]+"-stopped")
	u.run("buildx", "create", "--name", u.env["BUILDX_BUILDER"], "--driver", "docker-container", "--driver-opt", "network=host,image="+pinned)
	t.Cleanup(func() { u.run("buildx", "rm", "--force", u.env["BUILDX_BUILDER"]) })
	says := fmt.Sprintf("without a relay: builder %q does not run yet\n", u.env["BUILDX_BUILDER"])

	wantText(t, u.run(build(image(t), "--cache-to", "type=gha", "--debug", "--gha-dry-run")...).stderr, says)
	r := u.try(build(image(t), "--cache-to", "type=gha", "--gha-dry-run", "--gha-relay=require")...)
	wantText(t, r.stderr, "does not run yet", "hint: docker buildx inspect --bootstrap "+u.env["BUILDX_BUILDER"])
	if r.code != 1 {
		t.Errorf("exit %d", r.code)
	}
	r = u.run(build(image(t), "--cache-to", "type=gha", "--debug", "--gha-relay=require")...)
	wantText(t, r.stderr, "through a relay at 127.0.0.1:")
	u.run("buildx", "stop")
	wantText(t, u.run(build(image(t), "--cache-to", "type=gha", "--debug")...).stderr, says)
	wantText(t, u.run(build(image(t), "--cache-to", "type=gha", "--debug")...).stderr, "through a relay at 127.0.0.1:")
}

// firewall adds a rule for the time of the test.
func firewall(t *testing.T, rule ...string) {
	t.Helper()
	if out, err := exec.Command("iptables", append([]string{"-I"}, rule...)...).CombinedOutput(); err != nil {
		t.Skipf("no iptables: %v %s", err, out)
	}
	t.Cleanup(func() { exec.Command("iptables", append([]string{"-D"}, rule...)...).Run() })
}

func TestDryRunTellsOfTheRelay(t *testing.T) {
	u := newUser(t, shared.bridged)
	u.enter(serve(t))
	schema, err := jsonschema.NewCompiler().Compile(filepath.Join(shared.root, "docs/schema/dry-run.json"))
	check(t, err)
	for _, tt := range []struct {
		mode string
		want string
	}{
		{"auto", `^{"mode":"auto","reason":"the cache service is on this machine"}$`},
		{"require", `^{"host":"[\d.]+","mode":"require"}$`},
	} {
		r := u.run(build(image(t), "--cache-to", "type=gha", "--gha-dry-run=json", "--gha-relay="+tt.mode)...)
		var said map[string]any
		check(t, json.Unmarshal([]byte(r.stdout), &said))
		check(t, schema.Validate(said))
		relay, err := json.Marshal(said["relay"])
		check(t, err)
		wantMatch(t, string(relay), tt.want)
		wantText(t, r.stdout, "url_v2="+u.env["ACTIONS_RESULTS_URL"]) // not that of a relay that has ended
	}
}

// The way to this machine may close while a builder is remembered to have it.
func TestWhatABuilderReachedIsRememberedUntilABuildFails(t *testing.T) {
	u := newUser(t, shared.remote)
	u.enter(serve(t))
	words := []string{"--cache-to", "type=gha,timeout=1s", "--gha-relay=require"}
	u.run(build(image(t), words...)...)
	file := filepath.Join(u.env["DOCKER_CONFIG"], "ghacache", "known.json")
	known, err := os.ReadFile(file)
	check(t, err)
	closed := strings.Replace(string(known), `Dial\":\"127.0.0.1`, `Dial\":\"127.0.0.9`, 1)
	if closed == string(known) {
		t.Fatalf("nothing is remembered in %s", known)
	}
	check(t, os.WriteFile(file, []byte(closed), 0o600))
	wantText(t, u.try(build(image(t), words...)...).stderr, "dial tcp 127.0.0.9:")
	u.run(build(image(t), words...)...)
}
