// Command refresh brings what this project knows of other projects' releases up to date: the
// tags of actions that migrate-v2 looks up, and the newest versions that it moves pins to. It
// asks GitHub's API with the token in $GITHUB_TOKEN or $GH_TOKEN, and writes both files or none.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"

	"github.com/google/go-github/v92/github"
)

func main() {
	api := flag.String("api", "https://api.github.com/", "`URL` of GitHub's API")
	root := flag.String("root", ".", "`folder` of the project")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *root, *api, os.Getenv, time.Now())
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "refresh:", err)
		os.Exit(1)
	}
	fmt.Println("refreshed; the goldens of migrate-v2 show the versions: go test ./internal/migrate ./internal/migrate/report -update, then git diff")
}

// requestTime bounds each request.
const requestTime = 30 * time.Second

func run(ctx context.Context, root, api string, env func(string) string, now time.Time) error {
	token := env("GITHUB_TOKEN")
	if token == "" {
		token = env("GH_TOKEN")
	}
	if token == "" {
		return errors.New("no token: set GITHUB_TOKEN or GH_TOKEN, for example GH_TOKEN=$(gh auth token); without one, GitHub answers 60 requests an hour")
	}
	client, err := github.NewClient(github.WithAuthToken(token), github.WithURLs(&api, nil), github.WithTimeout(requestTime), github.WithUserAgent("docker-ghacache-refresh"))
	if err != nil {
		return fmt.Errorf("reading -api: %w", err)
	}
	actions, err := readActions(root)
	if err != nil {
		return err
	}
	asked := asker{client}
	for repo := range actions {
		if actions[repo], err = asked.tags(ctx, repo, ""); err != nil {
			return err
		}
	}
	programs := programs()
	for i := range programs {
		if err := asked.renew(ctx, &programs[i]); err != nil {
			return err
		}
	}
	return write(root, actions, programs, now)
}
