package httpclient

import (
	"fmt"
	"net"
	"syscall"
	"testing"
	"time"
)

func TestDelay(t *testing.T) {
	for attempt, want := range map[int]struct{ least, most time.Duration }{
		1:    {250 * time.Millisecond, 750 * time.Millisecond},
		4:    {2 * time.Second, 6 * time.Second},
		7:    {maxDelay, maxDelay},
		1000: {maxDelay, maxDelay},
	} {
		for range 100 {
			if have := Delay(attempt); have < want.least || have > want.most {
				t.Errorf("after attempt %d: have %v, want %v to %v", attempt, have, want.least, want.most)
			}
		}
	}
}

func TestWhatCannotPassIsNotRepeated(t *testing.T) {
	for name, test := range map[string]struct {
		err  error
		want bool
	}{
		"a host that does not exist": {fmt.Errorf("get: %w", &net.DNSError{IsNotFound: true}), false},
		"a resolver that is down":    {&net.DNSError{IsTemporary: true}, true},
		"a connection that is reset": {syscall.ECONNRESET, true},
		"a reply that is too large":  {fmt.Errorf("get: %w", ErrTooLarge), false},
	} {
		if have := Passing(test.err); have != test.want {
			t.Errorf("%s: have %t", name, have)
		}
	}
}
