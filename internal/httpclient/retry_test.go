package httpclient

import (
	"fmt"
	"net"
	"syscall"
	"testing"
)

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
