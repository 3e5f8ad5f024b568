package cachelists

import (
	"strings"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/cacheopts"
)

func TestRequestsOfBuild(t *testing.T) {
	args := cacheopts.ScanBuild(strings.Fields("--cache-to type=gha,scope=a --cache-from user/app:cache --cache-from type=gha . --cache-to type=inline"))
	requests, places, err := OfBuild(args)
	if err != nil || len(requests) != 2 || requests[0].Side != cacheopts.To || requests[0].Entry.Scope() != "a" || requests[1].Side != cacheopts.From {
		t.Fatalf("got %+v, %v", requests, err)
	}
	for i, place := range places {
		if args[place].Value != requests[i].Entry.Value() {
			t.Errorf("request %d is at %q", i, args[place].Value)
		}
	}
}

func TestNoCredentialIsShown(t *testing.T) {
	for words, scan := range map[string]func([]string) []cacheopts.Arg{
		"--cache-to type=gha,token=SECRET":                       cacheopts.ScanBuild,
		"--cache-from=type=s3,bucket=b,secret_access_key=SECRET": cacheopts.ScanBuild,
		"--set *.cache-to=type=gha,token=SECRET":                 cacheopts.ScanBake,
		"--set=a.cache-from+=type=gha,ghtoken=SECRET":            cacheopts.ScanBake,
	} {
		for _, arg := range scan(strings.Fields(words)) {
			shown := strings.Join(Redacted(arg).Words, " ")
			if strings.Contains(shown, "SECRET") || !strings.Contains(shown, "type=") {
				t.Errorf("%s is shown as %s", words, shown)
			}
		}
	}
}
