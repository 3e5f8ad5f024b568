package plugin

import (
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
)

func TestLs(t *testing.T) {
	job, laptop := exampleJob, func(t testing.TB, _ cacheserver.Options) *desk { return exampleLaptop(t) }
	tests := []struct {
		name string
		at   func(testing.TB, cacheserver.Options) *desk
		args []string
	}{
		{"caches", job, nil},
		{"caches-on-a-laptop", laptop, nil},
		{"entries", job, []string{"--entries"}},
		{"entries-on-a-laptop", laptop, []string{"--entries"}},
		{"all", job, []string{"--all"}},
		{"no-trunc", job, []string{"--no-trunc"}},
		{"by-size", job, []string{"--sort", "size"}},
		{"entries-by-use", job, []string{"--entries", "--sort", "used", "--ref", "main"}},
		{"table-of-columns", job, []string{"--format", `table {{.Scope}}\t{{.Versions}}`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			args := append([]string{"ls"}, tt.args...)
			golden(t, "ls/"+tt.name+"-pipe", tt.at(t, cacheserver.Options{}).run(args...))
			golden(t, "ls/"+tt.name+"-wide", tt.at(t, cacheserver.Options{}).runOn(t.Context(), wide, args))
			golden(t, "ls/"+tt.name+"-narrow", tt.at(t, cacheserver.Options{}).runOn(t.Context(), narrow, args))
		})
	}
}
