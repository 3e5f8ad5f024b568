package secret

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/actions"
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
)

// Sources are where a token can come from, besides a file.
type Sources struct {
	Lookup    actions.Lookup
	ReadStdin func(context.Context) ([]byte, error) // all of standard input
}

// Read reads a token from where a flag says: a file, a variable (env:NAME) or
// standard input (-). The default is the job's runtime token. What the flag says is
// in no error, as it may be the token after all.
func (s Sources) Read(ctx context.Context, flag, source string) (string, error) {
	source = cmp.Or(source, "env:ACTIONS_RUNTIME_TOKEN")
	if _, err := actions.DecodeToken(source); err == nil {
		return "", hint.With(fmt.Errorf("%s names where the token is; on the command line everybody on this machine sees it", flag), flag+" FILE, or env:NAME, or -")
	}
	token, err := s.read(ctx, source)
	if err == nil && token == "" {
		err = errors.New("it is empty")
	}
	if err != nil {
		return "", hint.With(fmt.Errorf("reading the token for %s: %w", flag, err), flag+" FILE, or env:NAME, or -")
	}
	return token, nil
}

func (s Sources) read(ctx context.Context, source string) (string, error) {
	if name, ok := strings.CutPrefix(source, "env:"); ok {
		value, _ := s.Lookup(name)
		return strings.TrimSpace(value), nil
	}
	if source == "-" {
		data, err := s.ReadStdin(ctx)
		return strings.TrimSpace(string(data)), err
	}
	data, err := os.ReadFile(source)
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		err = path.Err
	}
	return strings.TrimSpace(string(data)), err
}
