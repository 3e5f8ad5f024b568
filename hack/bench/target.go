package main

import "fmt"

// target is the limit of a measured value. The zero value accepts everything.
type target struct {
	word  string
	limit float64
	met   func(value, limit float64) bool
	goal  bool // to be reached: missing it is reported, and no error
}

func atMost(limit float64) target {
	return target{word: "at most", limit: limit, met: func(value, limit float64) bool { return value <= limit }}
}

func atLeast(limit float64) target {
	return target{word: "at least", limit: limit, met: func(value, limit float64) bool { return value >= limit }}
}

// asGoal is a target that the project has not reached yet on every machine.
func (t target) asGoal() target {
	t.goal = true
	return t
}

func (t target) String() string {
	if t.met == nil {
		return "–"
	}
	if t.goal {
		return fmt.Sprintf("goal: %s %g", t.word, t.limit)
	}
	return fmt.Sprintf("%s %g", t.word, t.limit)
}

func (t target) missedBy(value float64) bool { return t.met != nil && !t.met(value, t.limit) }
