// Package migrate finds what keeps a repository's Docker builds on version 1
// of the GitHub Actions cache service, and edits the files that say so.
//
// [Check] walks the places where such a pin can stand (workflows, actions,
// bake and compose files, scripts, Makefiles, justfiles, Dockerfiles) and
// returns a [Report] of findings. A finding says what is wrong, where, how sure
// that is, and either carries edits or says why there are none. Check reads
// files and nothing else: it starts no process and opens no connection.
//
// An [Edit] replaces one span of bytes. Files are never printed from a parsed
// tree, so not one byte outside the reported spans changes; [Report.Write]
// parses every result again and refuses it unless the tree is the same but for
// the edited scalars.
//
// # From a value to its bytes
//
// Most pins are not written where they are used. Every string that is judged
// is therefore a text: a value with the way back to the bytes it came from.
// Expressions, shell variables, Make and just variables, build arguments and
// bake variables are spliced in with the bytes of their definition, so a
// version that is found in a value is edited where it is written. A definition
// that is used for something else, too, is not a safe edit, nor is one of
// several values of a matrix.
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
