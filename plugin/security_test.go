package plugin

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

var namedTest = regexp.MustCompile("`([a-z0-9/]+)\\.(Test\\w+)`")

// A promise of docs/security.md is kept by the test that it names.
func TestTheTestsOfSecurityPromisesExist(t *testing.T) {
	page, err := os.ReadFile("../docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	found := namedTest.FindAllStringSubmatch(string(page), -1)
	if rows := strings.Count(string(page), "\n| ") - strings.Count(string(page), "\n| threat"); len(found) < rows-2 {
		t.Errorf("%d rows name %d tests", rows, len(found))
	}
	for _, m := range found {
		out, err := exec.CommandContext(t.Context(), "grep", "-rlx", "--include=*_test.go", "func "+m[2]+"(t \\*testing.T) {", "../"+m[1]).Output()
		if err != nil || len(out) == 0 {
			t.Errorf("%s.%s is not there", m[1], m[2])
		}
	}
}
