// Package migrate finds what keeps a repository's Docker builds on version 1 of
// the GitHub Actions cache service, and edits it.
//
// [Check] reads the files that can pin version 1 (workflows, actions, bake and
// compose files, scripts, Makefiles, justfiles, Dockerfiles) and returns a
// [Report] of findings. A finding says what is wrong, where, and how certain
// that is. It has edits, or the reason why it has none. Check starts no process
// and opens no connection. [Report.Write] makes the edits.
//
// # The way of a file
//
// A file goes through four packages, in one direction:
//
//	source  finds and reads the file, and maps each value to its bytes
//	scan    walks the format, and lists the content: a page
//	rules   judges the page, and returns findings with edits
//	migrate looks at the findings of all files together: the cache service, the gha
//	        caches, and other uses of a variable that an edit would change
//
// Package report prints the result.
//
// # Advice
//
// A pin of a builder matters to builds with a gha cache. In a file or a job that names
// none, and that runs nothing which may name one, it is advice: no edit is made unless
// unsafe edits are wanted. Where a comment next to a pin explains it, the edit takes the
// least version that works, and is unsafe.
//
// # Bounds
//
// Variables can double each other and multiply over a matrix. Before values are put
// together, their number, their length and their sum in a file are bounded. A word that
// would come to more stays as it is written, and its version cannot be told.
//
// # Services
//
// Findings get no edit that could break a service without version 2 (GHES,
// Gitea, Forgejo, act), see [Service]. If the service is unknown, findings have
// no edits.
//
// # What is not reported
//
// An old major version of a Docker action is not reported: actions inherit the
// runner's variables, and the versions of buildx and BuildKit decide. Comments,
// documentation, names and conditions are not read. Package manifests
// (@actions/cache in package.json) and files below vendor, node_modules and
// testdata are skipped.
package migrate
