package cachecopy_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/cacheopts"
	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/cachecopy"
)

func TestFindSlots(t *testing.T) {
	other := "refs/heads/other"
	entry := func(ref string) bkcache.Entry {
		return bkcache.Entry{Key: bkcache.IndexKey("app", ref, false, 7).String(), Version: bkcache.Version, Ref: ref}
	}
	refused := errors.New("403")
	tests := []struct {
		name   string
		scopes []string
		listed []bkcache.Entry
		err    error
		want   []string
	}{
		{name: "scopes that are given are not listed", scopes: []string{"web"}, err: refused, want: cachecopy.Slots([]string{"web"}, []string{mainRef})},
		{name: "what is listed on the refs that are read", listed: []bkcache.Entry{entry(mainRef), entry(other), entry(mainRef)},
			want: []string{cachecopy.Slot(entry(mainRef).Key)}},
		{name: "nothing is listed"},
		{name: "what cannot be listed", err: refused, want: cachecopy.Slots([]string{cacheopts.DefaultScope}, []string{mainRef})},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			list := func(context.Context) ([]bkcache.Entry, error) { return tt.listed, tt.err }
			got, err := cachecopy.FindSlots(t.Context(), []string{mainRef}, tt.scopes, list)
			if wantErr := tt.err != nil && tt.scopes == nil; !slices.Equal(got, tt.want) || (err != nil) != wantErr {
				t.Errorf("got %q, %v, want %q", got, err, tt.want)
			}
		})
	}
}
