package process

import (
	"slices"
	"testing"
)

func TestSetenv(t *testing.T) {
	environ := Setenv([]string{"A=1", "AB=2", "A=3"}, "A", "new=value")
	if want := []string{"AB=2", "A=new=value"}; !slices.Equal(environ, want) {
		t.Errorf("got %q, want %q", environ, want)
	}
}
