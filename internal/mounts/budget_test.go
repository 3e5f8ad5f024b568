package mounts

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
)

func TestTheLargestMountsAreLeftOutUntilTheRestFits(t *testing.T) {
	for name, c := range map[string]struct {
		sizes []int64
		most  int64
		want  string
	}{
		"all fit":                        {[]int64{1, 2, 3}, 6, "[true true true]"},
		"there is no limit":              {[]int64{1, 2, 3}, 0, "[true true true]"},
		"without the largest they fit":   {[]int64{1, 3, 2}, 5, "[true false true]"},
		"of two as large, the first":     {[]int64{3, 3}, 3, "[false true]"},
		"none fits":                      {[]int64{2, 3}, 1, "[false false]"},
		"a small one stays beside large": {[]int64{5 << 30, 1, 5 << 30}, 1, "[false true false]"},
	} {
		t.Run(name, func(t *testing.T) {
			b, granted := newBudget(c.most, len(c.sizes)), make([]bool, len(c.sizes))
			var asking sync.WaitGroup
			for i, size := range c.sizes {
				asking.Go(func() {
					var err error
					if granted[i], err = b.grants(t.Context(), i, size); err != nil {
						t.Error(err)
					}
				})
			}
			asking.Wait()
			if have := fmt.Sprint(granted); have != c.want {
				t.Errorf("have %s, want %s", have, c.want)
			}
		})
	}
}

func TestAMountWhoseOthersSayNothingIsNotWaitedForForever(t *testing.T) {
	ended := errors.New("the helper ended")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(ended)
	if granted, err := newBudget(0, 2).grants(ctx, 0, 1); granted || !errors.Is(err, ended) {
		t.Errorf("have %t, %v", granted, err)
	}
}
