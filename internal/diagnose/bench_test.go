package diagnose_test

import (
	"strings"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/diagnose"
)

// A log is mostly output of RUN steps; worst is one that consists of long errors.
func BenchmarkExplain(b *testing.B) {
	for name, line := range map[string]string{
		"output of steps": "2025-04-16T10:00:00.0000000Z #12 3.456 cc -O2 -Wall -c -o object.o source.c  # and so on and on\n",
		"other lines":     "2025-04-16T10:00:00.0000000Z Some line of some other program, without any error in it at all\n",
		"long errors":     "#12 ERROR: " + strings.Repeat("unknown ", 2000) + "\n",
	} {
		b.Run(name, func(b *testing.B) {
			log := strings.Repeat(line, 1+(1<<20)/len(line))
			b.SetBytes(int64(len(log)))
			for b.Loop() {
				if _, err := diagnose.Explain(strings.NewReader(log)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
