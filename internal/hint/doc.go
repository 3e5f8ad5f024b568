// Package hint gives an error its fix: the command, the flag or the lines of YAML
// that a user needs next. Whoever prints an error prints its hint below it.
package hint
