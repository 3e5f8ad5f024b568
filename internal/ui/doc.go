// Package ui writes for people: notes and errors with their hints, tables, bars and
// progress. A [Console] has the streams of a command. The package makes untrusted text harmless: whoever may write to a cache chooses
// keys, scopes and the content of indexes, and the author of a pull request chooses
// names of files and lines of logs. [Text] and its relatives leave nothing that a
// terminal, a runner or Markdown would obey. It does not know the cache.
package ui
