package bkcache

import "time"

// Run is a workflow run that is under way.
type Run struct {
	ID     int64
	Name   string // of the workflow
	Status string // in GitHub's words, such as in_progress
	// Refs are those of which one is the ref that the run's jobs write caches on, in full.
	// None means that it is not known.
	Refs  []string
	Began time.Time // its latest attempt
}

// Runs are the workflow runs under way in a repository, this program's own excepted.
type Runs struct {
	// Asked is when GitHub was asked, by its clock or before. Zero means that the runs
	// are not known.
	Asked time.Time
	Runs  []Run
}
