package hint_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/hint"
)

func TestOf(t *testing.T) {
	cause := errors.New("no builder")
	hinted := hint.With(cause, "make one")
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"an error without a fix":     {cause, ""},
		"no error":                   {nil, ""},
		"an error with one":          {hinted, "make one"},
		"a wrapped one keeps it":     {fmt.Errorf("building: %w", hinted), "make one"},
		"the outer fix is the one":   {hint.With(fmt.Errorf("building: %w", hinted), "try again"), "try again"},
		"one of several that joined": {errors.Join(cause, hinted), "make one"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := hint.Of(c.err); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	if !errors.Is(hinted, cause) || hinted.Error() != "no builder" {
		t.Errorf("%v is not %v", hinted, cause)
	}
}

func TestUsage(t *testing.T) {
	cause := errors.New("no such flag")
	err := fmt.Errorf("reading: %w", hint.Usage(cause, "--help"))
	if !hint.IsUsage(err) || !errors.Is(err, cause) || hint.Of(err) != "--help" {
		t.Errorf("%v: usage %v, hint %q", err, hint.IsUsage(err), hint.Of(err))
	}
	if hint.IsUsage(hint.With(cause, "--help")) || hint.IsUsage(nil) {
		t.Error("another error is taken for one of the command line")
	}
}
