//go:build unix

package builders_test

import (
	"fmt"
	"os"
	"strconv"
	"testing"
)

// roleVar makes the test binary a program to run: a plugin that answers the
// metadata call, or a child that ends with the code that its arguments say.
const roleVar = "BUILDERS_TEST_ROLE"

func TestMain(m *testing.M) {
	switch os.Getenv(roleVar) {
	case "plugin":
		fmt.Print(os.Getenv("BUILDERS_TEST_METADATA"))
		os.Exit(0)
	case "child":
		code, err := strconv.Atoi(os.Args[2])
		if err != nil {
			panic(err)
		}
		fmt.Fprintln(os.Stderr, "exiting")
		os.Exit(code)
	}
	// docker's configuration directory is read once in a process.
	dir, err := os.MkdirTemp("", "builders")
	if err != nil {
		panic(err)
	}
	os.Setenv("DOCKER_CONFIG", dir)
	os.Unsetenv("BUILDX_BUILDER")
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}
