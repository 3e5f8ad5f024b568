// Package listing opens a repository's cache for the commands ([Open]), takes a
// [Snapshot] of its entries, indexes and refs, and selects from it
// ([Selector]).
//
// If it cannot find something out, that is unknown in the snapshot, and
// reported once through [Options].Say. It never guesses.
package listing
