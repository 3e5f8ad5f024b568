package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"docker-ghacache": main,
		"gh-ghacache":     main,
		"docker-buildx":   recorder,
		"runtime-token":   runtimeToken,
		"export-cache":    exportCache,
		"http-answer":     httpAnswer,
	})
}

func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		UpdateScripts:       slices.Contains(os.Args, "-update"),
		Setup: func(env *testscript.Env) error {
			env.Setenv("DOCKER_CONFIG", env.WorkDir+"/.docker")
			env.Setenv("BUILDX_BUILDER", "remote")
			return writeDockerConfig(env.WorkDir + "/.docker")
		},
	})
}

// writeDockerConfig lays out a Docker configuration with the recorder as buildx and
// two builders that nobody answers for.
func writeDockerConfig(dir string) error {
	buildx, err := testscriptCommand("docker-buildx")
	if err != nil {
		return err
	}
	for _, folder := range []string{"/cli-plugins", "/buildx/instances"} {
		if err := os.MkdirAll(dir+folder, 0o755); err != nil {
			return err
		}
	}
	if err := os.Symlink(buildx, dir+"/cli-plugins/docker-buildx"); err != nil {
		return err
	}
	return os.WriteFile(dir+"/buildx/instances/remote", []byte(`{"Name":"remote","Driver":"remote","Nodes":[{"Name":"remote0","Endpoint":"tcp://127.0.0.1:1"}]}`), 0o644)
}

func testscriptCommand(name string) (string, error) {
	for dir := range strings.SplitSeq(os.Getenv("PATH"), string(os.PathListSeparator)) {
		if path := dir + "/" + name; isFile(path) {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s is not on PATH", name)
}

func isFile(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// recorder stands where buildx does. It answers the metadata call and
// `bake --print` (from the file that BAKE_PRINT names, else it exits with
// RECORDER_PRINT_EXIT or 1), and for all else prints
// its arguments and the names of the variables that carry credentials, then
// exits with RECORDER_EXIT after writing RECORDER_STDERR.
func recorder() {
	args := os.Args[1:]
	if len(args) == 1 && args[0] == "docker-cli-plugin-metadata" {
		fmt.Println(`{"SchemaVersion":"0.1.0","Vendor":"recorder","Version":"` + os.Getenv("RECORDER_VERSION") + `"}`)
		return
	}
	if slices.Contains(args, "--print") {
		definition, err := os.ReadFile(os.Getenv("BAKE_PRINT"))
		if err != nil {
			fmt.Fprintln(os.Stderr, "ERROR: couldn't find a bake definition")
			code, _ := strconv.Atoi(os.Getenv("RECORDER_PRINT_EXIT"))
			os.Exit(max(1, code))
		}
		os.Stdout.Write(definition)
		return
	}
	for _, arg := range args {
		fmt.Printf("arg %s\n", arg)
	}
	for _, name := range []string{"ACTIONS_RUNTIME_TOKEN"} {
		if os.Getenv(name) != "" {
			fmt.Printf("env %s\n", name)
		}
	}
	fmt.Fprint(os.Stderr, os.Getenv("RECORDER_STDERR"))
	code, _ := strconv.Atoi(os.Getenv("RECORDER_EXIT"))
	os.Exit(code)
}

// runtimeToken prints a runtime token: runtime-token EXPIRES-IN REF:PERMISSION...
func runtimeToken() {
	ttl, err := time.ParseDuration(os.Args[1])
	if err != nil {
		panic(err)
	}
	type scope struct {
		Scope      string
		Permission int
	}
	var scopes []scope
	for _, arg := range os.Args[2:] {
		ref, permission, _ := strings.Cut(arg, ":")
		n, err := strconv.Atoi(permission)
		if err != nil {
			panic(err)
		}
		scopes = append(scopes, scope{ref, n})
	}
	ac, err := json.Marshal(scopes)
	if err != nil {
		panic(err)
	}
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"ac": string(ac), "nbf": 1, "exp": time.Now().Add(ttl).Unix(),
	}).SignedString([]byte("of no service"))
	if err != nil {
		panic(err)
	}
	fmt.Print(token)
}
