package builders

import (
	"errors"
	"fmt"
	"strings"

	"github.com/docker/buildx/driver"

	"github.com/docker-ghacache/docker-ghacache/internal/hint"
)

// NotRunning reports whether an error of a [Connection] says that its node was not booted.
func NotRunning(err error) bool { return errors.Is(err, driver.ErrNotRunning{}) }

// Failure is Err in words for the user, with a hint; nil if the node answers.
func (c Connection) Failure() error {
	switch {
	case c.Err == nil:
		return nil
	case NotRunning(c.Err):
		return unusable{fmt.Sprintf("builder %q does not run yet", c.Builder), "docker buildx inspect --bootstrap " + hint.Word(c.Builder), c.Err}
	}
	return unusable{noAnswer(c.Node, c.Builder, c.Err), "docker buildx inspect " + hint.Word(c.Builder), c.Err}
}

func noAnswer(node, builder string, err error) string {
	return fmt.Sprintf("node %q of builder %q does not answer: %s", node, builder, strings.Join(strings.Fields(err.Error()), " "))
}

// unusable is an error of a node in other words. It does not unwrap: of errors that are joined, the user would see the
// parts.
type unusable struct {
	text, fix string
	err       error
}

func (u unusable) Error() string        { return u.text }
func (u unusable) Hint() string         { return u.fix }
func (u unusable) Is(target error) bool { return errors.Is(u.err, target) }
