package cacheclient

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker-ghacache/docker-ghacache/internal/httpclient"
	"github.com/google/go-github/v92/github"
)

// LimitError is returned instead of a wait longer than [Options.MaxWait].
type LimitError struct{ Until time.Time }

// Error gives the time as RFC 3339.
func (e *LimitError) Error() string {
	return "the rate limit is used up until " + e.Until.UTC().Format(time.RFC3339)
}

// Hint says what to do.
func (e *LimitError) Hint() string { return "run the command again then" }

// explain adds what was being done and a hint, and removes secrets. Need is the
// permission that the request needs, such as "actions: read". The error is
// [io/fs.ErrPermission] or [io/fs.ErrNotExist] if the status says so.
func (c *Client) explain(err error, need, format string, args ...any) error {
	if err == nil {
		return nil
	}
	reply, ok := errors.AsType[*github.ErrorResponse](err)
	err = fmt.Errorf(format+": %w", append(args, redact(err, c.token))...)
	if !ok {
		return err
	}
	switch reply.Response.StatusCode {
	case http.StatusUnauthorized:
		return hint.With(err, tokenHint(c.target.Host))
	case http.StatusForbidden:
		return statusError{hint.With(err, permissionHint(reply.Response.Header, need)), fs.ErrPermission}
	case http.StatusNotFound: // GitHub hides private repositories behind it
		return statusError{hint.With(err, permissionHint(reply.Response.Header, need)), fs.ErrNotExist}
	}
	return err
}

// statusError is what a status means, with its hint.
type statusError struct {
	error
	means error
}

func (s statusError) Unwrap() error        { return s.error }
func (s statusError) Is(target error) bool { return target == s.means }

func permissionHint(reply http.Header, need string) string {
	// "actions=write", or alternatives: "contents=read; contents=read,workflows=write"
	if accepted, _, _ := strings.Cut(reply.Get("X-Accepted-GitHub-Permissions"), ";"); accepted != "" {
		need = strings.NewReplacer("=", ": ", "_", "-", ",", ", ").Replace(accepted)
	}
	return fmt.Sprintf("in a workflow: permissions: {%s}\nelsewhere: a token with that permission, or a classic one with the scope repo", need)
}

func status(err error) int {
	if reply, ok := errors.AsType[*github.ErrorResponse](err); ok {
		return reply.Response.StatusCode
	}
	return 0
}

// redact removes the token from the text of err. For a reply from GitHub, it keeps
// method, URL, status and message only.
func redact(err error, token string) error {
	text := err.Error()
	if reply, ok := errors.AsType[*github.ErrorResponse](err); ok {
		sent := reply.Response.Request
		text = fmt.Sprintf("%s %s: %d %s", sent.Method, sent.URL, reply.Response.StatusCode, reply.Message)
	}
	return httpclient.Redact(err, text, token)
}
