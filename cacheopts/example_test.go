package cacheopts_test

import (
	"fmt"
	"maps"
	"slices"

	"github.com/docker-ghacache/docker-ghacache/cacheopts"
)

func ExampleParse() {
	entries, err := cacheopts.Parse(`type=gha,mode=max,"scope=a,b"`)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(entries[0].Type, entries[0].Attrs["scope"])
	fmt.Println(entries[0])

	_, err = cacheopts.Parse("gha,scope=x")
	fmt.Println(err)
	// Output:
	// gha a,b
	// type=gha,mode=max,"scope=a,b"
	// reading cache option "gha,scope=x": field 1 is not key=value
}

func ExampleEntry_Check() {
	// buildx takes this for a cache with an attribute " scope", which nobody reads.
	entry := cacheopts.Entry{Type: "gha", Attrs: map[string]string{" scope": "x"}}
	for _, problem := range entry.Check(cacheopts.To) {
		fmt.Println(problem.Text)
		fmt.Println("hint:", problem.Hint)
	}
	// Output:
	// unknown attribute " scope" with white space in its name; did you mean scope=x?
	// hint: --cache-to type=gha,scope=x
}

func ExampleComplete() {
	entry := cacheopts.Entry{Type: "gha", Attrs: map[string]string{"scope": "app"}}
	result := cacheopts.Complete(
		[]cacheopts.Request{{Side: cacheopts.To, Entry: entry}, {Side: cacheopts.From, Entry: entry}},
		cacheopts.Runtime{
			Job:     true,
			Token:   "secret",
			Version: 2,
			URLV2:   "https://results.example/",
			Inspect: func(string) cacheopts.Grant { return cacheopts.Grant{ReadOnly: "this is a pull request from a fork"} },
		},
		cacheopts.Options{},
	)
	for _, done := range result.Entries {
		fmt.Println(done.Dropped, done.Entry)
	}
	fmt.Println(slices.Collect(maps.Keys(result.Env)))
	for _, note := range result.Notes {
		fmt.Println(note.Level, note.Text)
	}
	// Output:
	// true type=gha,scope=app
	// false type=gha,scope=app,url_v2=https://results.example/,version=2
	// [ACTIONS_RUNTIME_TOKEN]
	// warning building without --cache-to type=gha: this is a pull request from a fork
}

func ExampleScanBuild() {
	args := cacheopts.ScanBuild([]string{"-qt", "app", "--cache-to=type=gha", "--new-flag", "."})
	for i, arg := range args {
		if arg.Side() != 0 {
			args[i] = arg.WithValue("type=gha,version=2")
		}
	}
	fmt.Println(cacheopts.Words(args))
	// Output:
	// [-qt app --cache-to=type=gha,version=2 --new-flag .]
}
