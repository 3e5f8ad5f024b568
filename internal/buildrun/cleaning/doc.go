// Package cleaning deletes what a build has replaced: with --gha-clean, the versions and
// the layers of its own scopes and ref in the repository's cache that nothing needs any
// more; with --gha-local-clean, files in the folders of type=local.
//
// Other builds may be about to use them. So each build that exports says while it runs
// that it is under way ([Enter], [Folders.Enter]), and what another build may need is
// kept.
package cleaning
