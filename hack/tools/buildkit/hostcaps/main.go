// Command hostcaps is an OCI runtime: runc, minus the capabilities that this
// host cannot give.
//
// On a host whose capability bounding set is not full (CI sandboxes, nested
// virtual machines) runc refuses to start a privileged container, "unable to
// apply caps". BuildKit runs privileged under buildx's docker-container
// driver, and none of its work here needs the ones that are missing.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/moby/sys/capability"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "hostcaps:", err)
		os.Exit(1)
	}
}

// run trims what runc is about to read, then becomes runc.
func run(args []string) error {
	if bundle := option(args, "--bundle", "-b"); bundle != "" {
		if err := trim(filepath.Join(bundle, "config.json"), "process"); err != nil {
			return err
		}
	}
	if process := option(args, "--process", "-p"); process != "" {
		if err := trim(process); err != nil {
			return err
		}
	}
	runc, err := exec.LookPath("runc")
	if err != nil {
		return err
	}
	return syscall.Exec(runc, append([]string{"runc"}, args...), os.Environ())
}

// option is the value of the first of names in args, in either of its forms.
func option(args []string, names ...string) string {
	for i, arg := range args {
		name, value, joined := strings.Cut(arg, "=")
		switch {
		case !slices.Contains(names, name):
		case joined:
			return value
		case i+1 < len(args):
			return args[i+1]
		}
	}
	return ""
}

// trim rewrites the capability sets of the process found under path in a JSON
// file. Everything else stays as it was read, numbers included.
func trim(file string, path ...string) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var config map[string]any
	decoder := json.NewDecoder(strings.NewReader(string(data)))
	decoder.UseNumber()
	if err := decoder.Decode(&config); err != nil {
		return fmt.Errorf("reading %s: %w", file, err)
	}
	process := config
	for _, key := range path {
		process, _ = process[key].(map[string]any)
	}
	sets, _ := process["capabilities"].(map[string]any)
	have, err := bounding()
	if err != nil {
		return err
	}
	for name, set := range sets {
		names, _ := set.([]any)
		sets[name] = slices.DeleteFunc(names, func(n any) bool { return !have[n] })
	}
	if data, err = json.Marshal(config); err != nil {
		return err
	}
	return os.WriteFile(file, data, 0o600)
}

// bounding is the host's bounding set by the names that runc uses.
func bounding() (map[any]bool, error) {
	self, err := capability.NewPid2(0)
	if err != nil {
		return nil, err
	}
	if err := self.Load(); err != nil {
		return nil, err
	}
	have := map[any]bool{}
	for _, c := range capability.ListKnown() {
		have["CAP_"+strings.ToUpper(c.String())] = self.Get(capability.BOUNDING, c)
	}
	return have, nil
}
