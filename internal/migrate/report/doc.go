// Package report prints a migrate.Report: as text, as a diff that git apply
// accepts, as SARIF for code scanning, and as annotations of a workflow run.
//
// It removes control characters from the text of files. Tokens were masked when
// the finding was made.
package report
