// Package rules judges what stands in a file: a detector a file.
//
// A detector takes a word, a cache entry, a step or an action as package scan found
// it, and returns findings. It keeps nothing and asks nobody, but for the tag behind
// a commit, see [Options.Resolve]. [Judge] asks every detector about a page.
//
// A [Finding] says what is wrong, how sure that is and why. It carries the edits
// that fix it, or says why there are none. What a detector cannot know stays open
// for its caller, who sees all files: which cache service they run on, whether any
// of them names a gha cache ([Finding.Pin]), and what else uses a variable
// ([Finding.Via]).
package rules
