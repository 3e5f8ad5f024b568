package main

import "fmt"

// target is the limit of a measured value. The zero value accepts everything.
type target struct {
	word  string
	limit float64
	met   func(value, limit float64) bool
}

func atMost(limit float64) target {
	return target{"at most", limit, func(value, limit float64) bool { return value <= limit }}
}

func atLeast(limit float64) target {
	return target{"at least", limit, func(value, limit float64) bool { return value >= limit }}
}

func (t target) String() string {
	if t.met == nil {
		return "–"
	}
	return fmt.Sprintf("%s %g", t.word, t.limit)
}

func (t target) missedBy(value float64) bool { return t.met != nil && !t.met(value, t.limit) }
