package cacheopts

import (
	"slices"
	"strings"
)

// Arg is one flag or operand of a command line.
type Arg struct {
	Name     string   // long name without dashes; empty for an operand, "--" for the end of flags
	Value    string   // of the flag, or the operand itself
	HasValue bool     // a flag with a value, given as =value or as the next word
	Words    []string // as given: 0, 1 or 2; flags in a cluster (-qf) leave theirs to the last one
}

// Operand reports whether the argument is not a flag.
func (a Arg) Operand() bool { return a.Name == "" }

// Side returns the side whose entries the argument holds, zero if none.
func (a Arg) Side() Side {
	for _, side := range []Side{To, From} {
		if a.HasValue && a.Name == side.Name() {
			return side
		}
	}
	return 0
}

// WithValue returns the argument with another value, in the form it had:
// --name=value, two words, or behind the letters of its cluster. A flag that has
// no words cannot change and comes back as it is: its letter is in the word of
// another flag, as q in -qf FILE.
func (a Arg) WithValue(value string) Arg {
	if len(a.Words) == 0 || a.Name == "--" {
		return a
	}
	last := len(a.Words) - 1
	words, head := slices.Clone(a.Words), strings.TrimSuffix(a.Words[last], a.Value)
	switch {
	case a.Operand() || last > 0:
		words[last] = value
	case !a.HasValue:
		words[last] += "=" + value
	case !strings.HasPrefix(head, "--") && value == "":
		words = []string{strings.TrimSuffix(head, "="), ""} // pflag takes -t= for the value "="
	case !strings.HasPrefix(head, "--") && !strings.HasSuffix(head, "=") && value[0] == '=':
		words[last] = head + "=" + value
	default:
		words[last] = head + value
	}
	return Arg{Name: a.Name, Value: value, HasValue: !a.Operand(), Words: words}
}

// Words puts a command line together again: Words(ScanBuild(args)) is args.
func Words(args []Arg) []string {
	var words []string
	for _, arg := range args {
		words = append(words, arg.Words...)
	}
	return words
}

// ScanBuild splits the arguments that follow the verb of `buildx build`.
//
// It reads them as pflag does. A flag of a newer buildx it does not know: a long
// one takes no value from the next word, and a short one keeps the rest of its
// word. So in
//
//	--new-flag --cache-to type=gha
//
// --cache-to is a flag, though it would be the value of a --new-flag that takes
// one. Values that look like a cache flag are rarer than new flags without a
// value, behind which a cache entry must not go unseen. The words stay in any case what
// and where they were, and --new-flag=--cache-to is always read right. A flag
// that lacks its value at the end has none.
func ScanBuild(args []string) []Arg { return scan(args, buildFlags()) }

// ScanBake splits the arguments that follow the verb of `buildx bake`, like
// [ScanBuild].
func ScanBake(args []string) []Arg { return scan(args, bakeFlags()) }

func scan(args []string, known flags) []Arg {
	var scanned []Arg
	for len(args) > 0 {
		word, rest := args[0], args[1:]
		switch {
		case word == "--":
			scanned = append(scanned, Arg{Name: "--", Words: []string{word}})
			return append(scanned, operands(rest)...)
		case strings.HasPrefix(word, "--"):
			arg := known.long(word, rest)
			scanned, rest = append(scanned, arg), args[len(arg.Words):]
		case len(word) > 1 && word[0] == '-':
			cluster := known.cluster(word, rest)
			scanned, rest = append(scanned, cluster...), args[len(cluster[len(cluster)-1].Words):]
		default:
			scanned = append(scanned, operands(args[:1])...)
		}
		args = rest
	}
	return scanned
}

func operands(words []string) []Arg {
	var args []Arg
	for _, word := range words {
		args = append(args, Arg{Value: word, Words: []string{word}})
	}
	return args
}

func (f flags) long(word string, rest []string) Arg {
	name, value, ok := strings.Cut(word[2:], "=")
	arg := Arg{Name: name, Value: value, HasValue: ok, Words: []string{word}}
	if !ok && f.values[name] {
		arg.take(rest)
	}
	return arg
}

// take makes the next word the value, if there is one.
func (a *Arg) take(rest []string) {
	if len(rest) > 0 {
		a.Value, a.HasValue = rest[0], true
		a.Words = append(a.Words, rest[0])
	}
}

// cluster reads -q, -qf FILE, -tNAME, -t=NAME. The last Arg has the words.
func (f flags) cluster(word string, rest []string) []Arg {
	var args []Arg
	for letters := word[1:]; letters != ""; letters = letters[1:] {
		name, known := f.shorts[letters[0]]
		arg, tail := Arg{Name: name}, letters[1:]
		if !known {
			arg.Name = letters[:1]
		}
		if value, ok := strings.CutPrefix(tail, "="); ok && value != "" {
			tail, arg.Value, arg.HasValue = "", value, true
		} else if tail != "" && (f.values[name] || !known) {
			arg.Value, arg.HasValue, tail = tail, true, ""
		}
		args = append(args, arg)
		if tail == "" {
			break
		}
	}
	last := &args[len(args)-1]
	last.Words = []string{word}
	if !last.HasValue && f.values[last.Name] {
		last.take(rest)
	}
	return args
}
