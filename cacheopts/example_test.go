package cacheopts_test

import (
	"fmt"
	"log/slog"
	"maps"
	"os"
	"slices"

	"github.com/docker-ghacache/docker-ghacache/cacheopts"
)

// A linter for command lines, workflows or bake files.
func ExampleEntry_Check() {
	// buildx takes this for a cache with an attribute " scope", which nobody reads.
	entries, err := cacheopts.Parse("type=gha, scope=app,mode=full")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, problem := range entries[0].Check(cacheopts.To) {
		fmt.Printf("%s %s: %s\n", problem.Level, problem.Code, problem.Text)
		fmt.Println("write", problem.Hint)
	}
	// Output:
	// error misspelt-attribute: unknown attribute " scope" with white space in its name; did you mean scope=app?
	// write --cache-to type=gha,mode=max,scope=app
	// error bad-value: mode is min or max, not "full", which BuildKit would take for min
	// write --cache-to type=gha,mode=max,scope=app
}

// A wrapper around buildx that gives a build the caches that work here.
func ExampleComplete() {
	args := cacheopts.ScanBuild([]string{"--cache-to", "type=gha,scope=app", "--cache-from=type=gha,scope=app", "--new-flag", "."})
	var requests []cacheopts.Request
	var at []int // index of the argument, for each request
	for i, arg := range args {
		if arg.Side() == 0 {
			continue
		}
		entries, err := cacheopts.Parse(arg.Value)
		if err != nil {
			fmt.Println(err)
			return
		}
		if len(entries) == 1 && entries[0].GHA() {
			requests, at = append(requests, cacheopts.Request{Side: arg.Side(), Entry: entries[0]}), append(at, i)
		}
	}
	result := cacheopts.Complete(requests, cacheopts.Runtime{
		Job:     true,
		Token:   "secret",
		Version: 2,
		URLV2:   "https://results.example/",
		Inspect: func(string) cacheopts.Grant { return cacheopts.Grant{ReadOnly: "this is a pull request from a fork"} },
	}, cacheopts.Options{})
	for i, done := range result.Entries {
		if done.Dropped {
			args[at[i]].Words = nil
			continue
		}
		args[at[i]] = args[at[i]].WithValue(done.Entry.Value())
	}
	for _, note := range result.Notes {
		fmt.Println(note.Level, note.Text)
	}
	fmt.Println(slices.Collect(maps.Keys(result.Env)), "buildx build", cacheopts.Words(args))
	// Output:
	// warning building without --cache-to type=gha: this is a pull request from a fork
	// [ACTIONS_RUNTIME_TOKEN] buildx build [--cache-from=type=gha,scope=app,url_v2=https://results.example/,version=2 --new-flag .]
}

// A log or a report of cache options that shows no token.
func ExampleEntry_String() {
	entries, err := cacheopts.Parse(`type=gha,token=eyJ0eXAi,"scope=a"`)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(entries[0])
	fmt.Println(entries[0].Value())
	fmt.Println(entries[0].Secrets())
	// Output:
	// type=gha,scope=a,token=*****
	// type=gha,scope=a,token=eyJ0eXAi
	// [token]
}

// A tool that has a command of its own for what is wrong words its advice by code.
func ExampleNote() {
	requests := []cacheopts.Request{
		{Side: cacheopts.To, Where: "app", Entry: cacheopts.Entry{Type: "gha"}},
		{Side: cacheopts.To, Where: "web", Entry: cacheopts.Entry{Type: "gha"}},
	}
	result := cacheopts.Complete(requests, cacheopts.Runtime{Token: "secret", URLV2: "https://results.example/", Version: 2}, cacheopts.Options{})
	for _, note := range result.Notes {
		fmt.Println(note.Text)
		switch note.Code {
		case cacheopts.CodeSharedScope:
			fmt.Println("give", note.Targets, "scopes of their own, not", note.Values)
		default:
			fmt.Println(note.Hint)
		}
	}
	// Output:
	// targets "app" and "web" write scope "buildkit": the last one to finish wins
	// give [app web] scopes of their own, not [buildkit]
}

// What holds credentials shows none of them, whichever verb or log handler prints it.
func ExampleResult_Format() {
	result := cacheopts.Result{Env: map[string]string{"ACTIONS_RUNTIME_TOKEN": "secret"}}
	fmt.Printf("%v\n", result)
	slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}})).Info("completed", "result", result)
	// Output:
	// {[] map[ACTIONS_RUNTIME_TOKEN:*****] []}
	// level=INFO msg=completed result="{Entries:[] Env:map[ACTIONS_RUNTIME_TOKEN:*****] Notes:[]}"
}

// The options of a cache as a page of a manual.
func ExampleAttributes() {
	for _, attribute := range cacheopts.Attributes() {
		if attribute.On(cacheopts.From) && !attribute.Secret {
			fmt.Printf("%s (%s): %s\n", attribute.Name, attribute.Type, attribute.Meaning)
		}
	}
	// Output:
	// scope (string): which cache of the repository; two images need two scopes
	// timeout (duration): how long one request is tried again while the service throttles
	// version (1 or 2): version of the cache service
	// url_v2 (URL): the cache service, version 2
	// url (URL): the cache service, version 1
}

func ExampleParse() {
	entries, err := cacheopts.Parse(`type=gha,mode=max,scope=a`)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(entries[0].Type, entries[0].Attrs["mode"], entries[0].Scope())

	_, err = cacheopts.Parse("type=gha,scope=a,b")
	fmt.Println(err)
	// Output:
	// gha max a
	// a scope cannot contain a comma: "a,b"
}

func ExampleScanBuild() {
	args := cacheopts.ScanBuild([]string{"-qt", "app", "--cache-to=type=gha", "--new-flag", "."})
	for i, arg := range args {
		if arg.Side() != 0 {
			args[i] = arg.WithValue("type=gha,version=2")
		}
		if arg.Operand() {
			fmt.Println("the context is", arg.Value)
		}
	}
	fmt.Println(cacheopts.Words(args))
	// Output:
	// the context is .
	// [-qt app --cache-to=type=gha,version=2 --new-flag .]
}
