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
// Edits that could break a service without version 2 (GHES, Gitea, Forgejo,
// act) are withheld there, see [Service].
package migrate
