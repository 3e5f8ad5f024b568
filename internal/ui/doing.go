package ui

import (
	"fmt"
	"sync"
	"time"
)

// patience is how long something takes before a terminal says what is under way.
const patience = time.Second

// Doing returns what shows on a terminal that something is under way, and nil elsewhere.
// An empty text ends it.
func (c Console) Doing() func(what string) {
	if !c.Stderr.Terminal {
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
			fmt.Fprint(c.Stderr, "\r\x1b[K")
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
			fmt.Fprintf(c.Stderr, "\r\x1b[K%s…", what)
			shown = true
		})
	}
}
