// Package migrate finds what keeps a repository's Docker builds on version 1
// of the GitHub Actions cache service, and edits the files that say so.
//
// [Check] reads the places where such a pin can stand (workflows, actions, bake and
// compose files, scripts, Makefiles, justfiles, Dockerfiles) and returns a [Report]
// of findings. A finding says what is wrong, where, how sure that is, and either
// carries edits or says why there are none. Check starts no process and opens no
// connection. [Report.Write] makes the edits.
//
// # The way of a file
//
// A file goes through four packages, and never back:
//
//	source  finds and reads it, and knows the way from a value to its bytes
//	scan    walks its format, and lists what stands in it: a page
//	rules   judges the page: findings, with edits of bytes
//	migrate settles the findings of all files together: the cache service, the gha
//	        caches, what else uses a variable that an edit would change
//
// Package report prints what comes out.
//
// # Services
//
// Edits that could break a service without version 2 (GHES, Gitea, Forgejo,
// act) are withheld there, see [Service]. Where the service cannot be told,
// findings are reported without edits.
//
// # What is no finding
//
// The major of a Docker action is none: actions inherit the runner's variables,
// and the buildx and BuildKit they use decide. Comments, documentation, names
// and conditions are not looked at. Package manifests (@actions/cache in
// package.json) and files below vendor, node_modules and testdata are not
// walked.
package migrate
