// Package reclaim decides which cache entries can be deleted, and why, and deletes them.
//
// [Analyze] compares a listing with the indexes that could be read, and says what each
// entry is: ls, du and inspect show it. [NewPlan] judges an analysis by a [Policy]: it
// keeps an entry, deletes it, or does not know. [Plan.Execute] executes a plan once.
// Analysis and plan are pure: they depend neither on the order of the listing nor on
// the clock.
//
// # The promise
//
// At any time, now or later, no index that a build has written references a layer that
// the execution of a [Plan.Proven] plan has deleted. Excepted are indexes on a ref that
// was closed while their run was under way, because no job of another ref reads them.
//
// A plan cannot promise this, because builds go on while it is shown, confirmed and
// executed. So the promise is kept right before each deletion, by what GitHub says then:
//
//   - No index that is there could reference the layer. Not having read an index is not
//     knowing: what it could reference stays.
//   - No workflow run that could see the layer is under way, or its ref is closed. A
//     build learns what exists by look-ups, by a listing (with a ghtoken), which leaves no
//     trace, or because another build is uploading the same. It says what it references
//     only at its end. So what a run under way could see is never [Proven]. This program's
//     own run counts only while another of its jobs is in progress.
//
// In this order: a run that was over when the runs were asked for has written its index
// by the time that the indexes are asked for. The answers justify deletions for five
// seconds. That they cannot be outdated rests on three things: GitHub's lists are right
// when they are asked, a run that GitHub calls completed writes nothing more, and from
// the start of a run to the first look-up of an export pass more than five seconds.
//
// A plan with what is [Likely] promises less. It deletes layers that a run under way
// could see, if no run has created them or used them, as far as GitHub says, and no index
// references them. There are two cases in which an index references a layer that it has
// deleted: the build learned from a listing that the layer exists, or it looked the layer
// up between the last question and the deletion, which is a round trip, at most five
// seconds. Then the next build that needs the layer runs one step again; BuildKit of some
// years ago failed instead.
//
// Where the runs are not known, one is assumed that began [Policy.Grace] ago and sees
// everything. Then only what lies on closed refs is proven. A grace of zero gives up what
// protects builds of which GitHub lists no run: they can lose layers that they have just
// uploaded or looked up.
//
// Two kinds of builds no list of runs shows: other builds in this program's own job, and all
// builds on a service that is not GitHub. They are outside the promise. What protects them is
// that a layer stays which was used since Asked in [bkcache.Runs]: callers set it early enough.
//
// # What an index could reference
//
// A job resolves an index of ref R with a token that reads R, the base of R where R
// belongs to a pull request or a merge queue, and the default branch. So an index of R
// could reference layers on these refs: all of them count, though BuildKit takes the
// first that it finds. A job on another open ref that reads R resolves the same index and
// sees its own ref, too: a copy there counts where R sees none, and every layer there where
// the index was not read. An entry on what is not a full ref counts everywhere. Where the
// base or the default branch is not known, an index could reference any layer, and so
// could an index whose key was made for another ref.
//
// A signature is a blob too. Its index references it by the index's own digest.
//
// # Superseded indexes
//
// BuildKit reads the newest index of a scope and ref, its head. The one before stays as
// well, with all that it references: a build that began before the last export may still
// be fetching these layers, and the index becomes the head again if the head is evicted.
// Older versions are superseded. While one of them stays, it counts like any other index.
//
// The versions before are seldom read, and the same holds for every index on a ref that
// this program's token does not read. A layer that such an index could reference is
// [Likely] unneeded if it was not in use when the index was written: an export looks up
// or uploads each of its layers, and then writes the index. Between the last use of the
// layer and the writing of the index lie more than six hours then, or the layer is newer
// than the index. Otherwise it is not known whether the layer is needed, and it stays.
// Nor do the uses tell how large a cache is whose index was not read: of the layers that
// were in use at the time, others' exports and failed ones may have used any.
//
// # What is young
//
// BuildKit uploads layers before the index that references them, and an export that finds
// a layer does not upload it. So a layer is young, and stays whatever was selected, if it
// was created or used since the oldest run began that is under way and could see it. An
// entry is also young if it was created within the grace, unless the user selected it.
// The use of an index makes nothing young, because this program's own reading is one.
// Runs make nothing young on a closed ref.
//
// # Looks and glances
//
// Layers are deleted a few at a time, each time right after a glance: the runs under way,
// which only the execution of a [Plan.Proven] plan asks for, the newest indexes, and the
// layers that were used last. That is two requests, and six more for the runs every other
// second, for 20 deletions, so that a rate limit goes almost whole into deletions. To look
// up each layer would be one more request for each; that is done only if more than a page
// of layers were used since the last look. If a glance shows a new index or a new run, the
// whole cache is looked at again. A deletion that the rate limit holds up for too long is
// not sent, and its layer is glanced at again.
//
// What the service says it does not have counts as deleted once it is not listed either.
//
// # Interruptions
//
// Indexes are deleted before layers, old versions before newer ones, heads last. A newer
// version stays if an older one cannot be deleted. Whatever stops an execution leaves
// layers without an index, never an index without its layers. The next plan without a
// selection finds them unreferenced, and deletes them as soon as they are no longer young.
// So does a plan that selects refs. A plan that selects scopes does not: without its index
// nobody knows to which scope a layer belonged, and another scope's export could be about
// to reference it.
package reclaim
