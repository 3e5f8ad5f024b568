// Package actions reads what the job offers a cache: the runtime token and its
// permissions, the cache service and its version, the repository and the ref.
//
// No other package reads the variables of the Actions runner and its relatives
// (act, Gitea, Forgejo, GitHub Enterprise Server). The package reads
// them through the lookup function that it is given, and touches no file but those of
// the job: its event and its summary ([AppendSummary]). A token leaves it only in fields
// that are documented as tokens.
package actions
