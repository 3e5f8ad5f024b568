package cleaning

import (
	"os"
	"sync"
	"testing"
	"time"
)

// A build that looks for dead ones can take a file between its creation and its lock.
func TestABuildThatHasEnteredHasAFile(t *testing.T) {
	u := underway{t.TempDir()}
	var others sync.WaitGroup
	defer others.Wait()
	done := make(chan struct{})
	defer close(done)
	for range 4 {
		others.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					u.oldest("", time.Time{})
				}
			}
		})
	}
	entered := 0
	for begun := time.Now(); time.Since(begun) < 300*time.Millisecond; entered++ {
		oldest, leave := u.enter(time.Now())
		files, err := os.ReadDir(u.dir)
		if err != nil {
			t.Fatal(err)
		}
		unseen := !oldest().IsZero() // and it counts on that
		if len(files) == 0 && !unseen {
			t.Fatalf("no file, after %d builds", entered)
		}
		leave()
	}
}
