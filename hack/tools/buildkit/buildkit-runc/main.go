// Command buildkit-runc is the runc beside it, minus what this host and a
// static build cannot give. It is for tests and demonstrations, which run
// programs of their own only.
//
//   - Capabilities outside the host's bounding set: where that is not full (CI
//     sandboxes, nested virtual machines) runc refuses to start a privileged
//     container, "unable to apply caps", and buildx's docker-container driver
//     runs BuildKit as one.
//   - Seccomp: runc has it only when linked with the C library libseccomp, whose
//     headers few machines have.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/moby/sys/capability"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "buildkit-runc:", err)
		os.Exit(1)
	}
}

// run trims the files that runc is about to read, then becomes runc.
func run(args []string) error {
	if bundle := option(args, "--bundle", "-b"); bundle != "" {
		if err := edit(filepath.Join(bundle, "config.json"), trimConfig); err != nil {
			return err
		}
	}
	if process := option(args, "--process", "-p"); process != "" {
		if err := edit(process, trimProcess); err != nil {
			return err
		}
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	runc := filepath.Join(filepath.Dir(self), "runc")
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

// edit rewrites a JSON object; what trim leaves alone keeps its value, large
// numbers included.
func edit(file string, trim func(map[string]any) error) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var object map[string]any
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	if err := decoder.Decode(&object); err != nil {
		return fmt.Errorf("reading %s: %w", file, err)
	}
	if err := trim(object); err != nil {
		return err
	}
	if data, err = json.Marshal(object); err != nil {
		return err
	}
	return os.WriteFile(file, data, 0o600)
}

func trimConfig(config map[string]any) error {
	if linux, ok := config["linux"].(map[string]any); ok {
		delete(linux, "seccomp")
	}
	process, _ := config["process"].(map[string]any)
	return trimProcess(process)
}

func trimProcess(process map[string]any) error {
	sets, _ := process["capabilities"].(map[string]any)
	have, err := bounding()
	if err != nil {
		return err
	}
	for name, set := range sets {
		names, _ := set.([]any)
		sets[name] = slices.DeleteFunc(names, func(n any) bool { return !have[n] })
	}
	return nil
}

// bounding is the host's bounding set, by the names that runc uses.
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
