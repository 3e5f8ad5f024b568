// Package rules judges the content of a file. Each file of the package has one
// detector.
//
// A detector takes a word, a cache entry, a step or an action of a page, and
// returns findings. It has no state and asks nobody, except for the tag of a
// commit, see [Options.Resolve]. [Judge] runs every detector on a page.
//
// A [Finding] says what is wrong, how certain that is, and why. It has the
// edits that fix it, or the reason why there are none. The caller, who sees all
// files, adds what a detector cannot know: which cache service they use,
// whether any of them has a gha cache ([Finding.Pin]), and what else uses a
// variable ([Finding.Via]).
package rules
