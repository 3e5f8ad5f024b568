package runtimeclient

import (
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestNoMinuteHasMoreRequestsThanTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var waits atomic.Int64
		p := newPace(20, time.Minute, nil, ServiceOptions{Now: time.Now, Waiting: func() func() { waits.Add(1); return func() {} }})
		var mu sync.Mutex
		var begun []time.Time
		var all sync.WaitGroup
		for i := range 70 {
			time.Sleep(time.Duration(i%7) * time.Second)
			all.Go(func() {
				if err := p.acquire(t.Context()); err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				begun = append(begun, time.Now())
			})
		}
		all.Wait()
		for i := range begun[20:] {
			if d := begun[i+20].Sub(begun[i]); d < time.Minute {
				t.Errorf("21 requests within %s", d)
			}
		}
		if waits.Load() == 0 {
			t.Error("nothing waited")
		}
	})
}

func TestAPauseHoldsTheRequestsThatWaitAlready(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPace(1, time.Minute, nil, ServiceOptions{Now: time.Now, Waiting: func() func() { return func() {} }})
		start := time.Now()
		_ = p.acquire(t.Context())
		go func() {
			time.Sleep(30 * time.Second)
			p.pause(start.Add(5 * time.Minute))
		}()
		_ = p.acquire(t.Context())
		if d := time.Since(start); d != 5*time.Minute {
			t.Errorf("the second request began after %s", d)
		}
	})
}
