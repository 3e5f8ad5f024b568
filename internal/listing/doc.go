// Package listing shows commands what a repository's cache holds: it opens the
// repository ([Open]), takes a [Snapshot] of its entries, indexes and refs, and
// selects among them ([Selector]).
//
// What it cannot find out is unknown in the snapshot, never guessed, and said once
// through [Options].Say.
package listing
