package migrate_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/migrate"
)

// BenchmarkCheck judges 1,000 workflow files. It must stay below two seconds.
func BenchmarkCheck(b *testing.B) {
	files := map[string]string{}
	inputs, err := filepath.Glob("testdata/workflow/*.yml")
	if err != nil {
		b.Fatal(err)
	}
	for i := range 1000 {
		src, err := os.ReadFile(inputs[i%len(inputs)])
		if err != nil {
			b.Fatal(err)
		}
		files[fmt.Sprintf(".github/workflows/%d.yml", i)] = string(src)
	}
	dir := tree(b, files)
	b.ResetTimer()
	for b.Loop() {
		if _, err := migrate.Check(b.Context(), []string{dir}, migrate.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
