package localcache

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
)

func TestTryLock(t *testing.T) {
	refused, broken := errors.New("access is denied"), errors.New("broken")
	for name, c := range map[string]struct {
		replies []error // to the first attempts; nil: another program has the lock
		then    error   // to all others; errLocked: the lock is there
		locked  bool
		want    error
	}{
		"the lock is free":                        {nil, errLocked, true, nil},
		"another program has it for a moment":     {[]error{nil, nil}, errLocked, true, nil},
		"the file is being deleted for a moment":  {[]error{refused, nil, refused}, errLocked, true, nil},
		"the file cannot be opened":               {nil, broken, false, broken},
		"another program has it":                  {nil, nil, false, context.DeadlineExceeded},
		"another program has it after a refusal":  {[]error{refused}, nil, false, context.DeadlineExceeded},
		"the user may not write in the folder":    {nil, refused, false, refused},
		"a refusal after another program's lock":  {slices.Repeat([]error{nil}, 100), refused, false, refused},
		"many refusals of files that come and go": {slices.Repeat([]error{refused, nil}, 200), errLocked, true, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), lockPatience)
				defer cancel()
				left := c.replies
				try := func() (bool, error) {
					reply := c.then
					if len(left) > 0 {
						reply, left = left[0], left[1:]
					}
					if errors.Is(reply, errLocked) {
						return true, nil
					}
					return false, reply
				}
				locked, err := tryLock(ctx, try, func(err error) bool { return errors.Is(err, refused) })
				if locked != c.locked || !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
					t.Errorf("got %t, %v, want %t, %v", locked, err, c.locked, c.want)
				}
				if c.want != nil && errors.Is(c.want, refused) && ctx.Err() != nil {
					t.Error("a refusal took all patience")
				}
			})
		})
	}
}

var errLocked = errors.New("locked")
