package doctor

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestWithin(t *testing.T) {
	refused := errors.New("connection refused")
	for name, c := range map[string]struct {
		limit time.Duration
		ask   func(context.Context) (int, error)
		want  int
		err   error
	}{
		"an answer":                            {time.Minute, func(context.Context) (int, error) { return 7, nil }, 7, nil},
		"an error that has a reason":           {time.Minute, func(context.Context) (int, error) { return 0, refused }, 0, refused},
		"one that ends with its context":       {time.Millisecond, func(ctx context.Context) (int, error) { <-ctx.Done(); return 0, ctx.Err() }, 0, Silence(time.Millisecond)},
		"what was found out until then":        {time.Millisecond, func(ctx context.Context) (int, error) { <-ctx.Done(); return 3, refused }, 3, refused},
		"one that does not end is left behind": {time.Millisecond, func(context.Context) (int, error) { select {} }, 0, Silence(time.Millisecond)},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := within(t.Context(), c.limit, c.ask)
			if got != c.want || !errors.Is(err, c.err) {
				t.Errorf("got %d, %v, want %d, %v", got, err, c.want, c.err)
			}
		})
	}
}
