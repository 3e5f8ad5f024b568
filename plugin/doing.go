package plugin

import (
	"fmt"
	"sync"
	"time"
)

// patience is how long something takes before a terminal says what is under way.
const patience = time.Second

// doing returns what shows on a terminal that something is under way; it draws nothing
// elsewhere. An empty text ends it.
func (e *Env) doing() func(what string) {
	if !e.Docker.Err().IsTerminal() {
		return nil
	}
	var mu sync.Mutex
	var wait *time.Timer
	shown, current := false, 0
	return func(what string) {
		mu.Lock()
		defer mu.Unlock()
		current++
		if wait != nil {
			wait.Stop()
		}
		if shown {
			fmt.Fprint(e.Stderr, "\r\x1b[K")
			shown = false
		}
		if what == "" {
			return
		}
		this := current
		wait = time.AfterFunc(patience, func() {
			mu.Lock()
			defer mu.Unlock()
			if this != current {
				return
			}
			fmt.Fprintf(e.Stderr, "\r\x1b[K%s…", what)
			shown = true
		})
	}
}
