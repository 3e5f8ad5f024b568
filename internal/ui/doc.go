// Package ui writes what the user reads: notes and errors with their hints,
// tables, sizes, times and progress. It takes writers and knows nothing of the
// cache; data goes to one writer, everything else to another.
package ui
