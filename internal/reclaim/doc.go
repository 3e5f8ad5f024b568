// Package reclaim decides which cache entries may go, and why, and lets them go.
//
// [Analyze] holds a listing against the indexes that could be read and says what
// each entry is: ls, du and inspect show it. [NewPlan] judges the same analysis
// by a [Policy]: it keeps, deletes or does not know. [Plan.Execute] takes a plan
// once. Analysis and plan are pure: they depend on neither the order of the
// listing nor the clock.
//
// # What a plan promises
//
// It never deletes a blob that an index which stays names or, unread, could name.
// A job resolves an index of ref R with a token that reads R, the base of R where
// R belongs to a pull request or a merge queue, and the default branch. So an index
// of R could name blobs on these refs: all of them count, though BuildKit takes the
// first it finds. A job on another open ref that reads R resolves the same index and
// sees its own ref besides: a copy there counts where R sees none, and every blob
// there where the index was not read. What lies on no full ref counts everywhere.
// Where the base or the default branch is not known, it could name any blob, and
// so could an index whose key was made for another ref. Not having read an index
// never makes a blob garbage: what it could name is unknown, and unknown stays.
//
// A signature is a blob that its index names by the index's own digest.
//
// # Superseded indexes
//
// BuildKit reads the newest index of a scope and ref, its head. The one before
// stays as well, with all it names: a build that began before the last export may
// still be fetching its layers, and it becomes the head again if the head is
// evicted. Older versions are superseded. While one of them stays, it counts like
// any other index; what only the older ones name is free once they go.
//
// # What is young
//
// BuildKit uploads blobs before the index that names them, and an export that finds
// a blob does not upload it. Therefore an entry is young if it was created within
// the grace period or since the oldest unfinished workflow run began, and a blob
// also if it was looked up since then. The use of an index makes nothing young, because
// this program's own reading counts as one.
//
// # While it runs
//
// To delete a thousand entries takes minutes. So blobs go in batches of about a minute,
// and before each the cache is looked at again: a blob stays that was looked up since
// the plan was made or that any index could name by now. What the service says it does
// not have counts as deleted once it is not listed either.
//
// # Interruptions
//
// Indexes go before blobs, old versions before newer ones, heads last; a newer
// version stays if an older one cannot be deleted. Whatever stops an execution leaves
// blobs without an index, never an index without its blobs. The next plan finds them
// unreferenced; whichever caches it was asked to delete, it takes them too, as soon
// as they are no longer young.
package reclaim
