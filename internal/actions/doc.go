// Package actions says what the job around this process offers a cache: the
// runtime token and what it allows, the cache service and its version, the
// repository and the ref.
//
// It is the only reader of the variables that the Actions runner and its
// relatives (act, Gitea, Forgejo, GitHub Enterprise Server) set. It does no
// I/O: everything comes from the lookup function that it is given, and no
// token value leaves it except in the fields that say so.
package actions
