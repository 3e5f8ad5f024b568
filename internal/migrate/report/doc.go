// Package report prints what migrate found: for people, as a diff that git apply
// takes, as SARIF for code scanning, and as annotations of a workflow run.
//
// Text from files reaches a terminal or a log without its control characters, and
// tokens in it were masked when the finding was made.
package report
