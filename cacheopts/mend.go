package cacheopts

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// meant returns the entry without what a slip of the pen did to it: case and
// spaces of the type, spaces around keys.
func (e Entry) meant() Entry {
	// A space or a semicolon in the place of a comma makes the rest part of the type.
	words := strings.FieldsFunc(tidy(e.Type), func(r rune) bool { return strings.ContainsRune(" \t;", r) })
	if len(words) > 0 && strings.ToLower(words[0]) == typeGHA {
		e.Type = typeGHA
		for _, word := range words[1:] {
			key, value, _ := strings.Cut(word, "=")
			if _, taken := e.Attrs[key]; !taken {
				e = e.With(key, value)
			}
		}
	}
	for key, value := range e.Attrs {
		trimmed := tidy(key)
		if trimmed == key {
			continue
		}
		if _, taken := e.Attrs[trimmed]; !taken {
			e = e.Without(key).With(trimmed, value)
		}
	}
	return e
}

func tidy(s string) string { return strings.Trim(s, " \t\r\n\"'") }

// mended returns an entry that was meant in the form that has no mistakes. What
// cannot be guessed is a word in capitals; attributes that nobody knows stay.
func (e Entry) mended(side Side) Entry {
	fixed := Entry{Type: typeGHA, Attrs: map[string]string{}}
	for _, key := range slices.Sorted(maps.Keys(e.Attrs)) {
		attr := likely(key)
		_, taken := e.Attrs[attr.Name]
		switch {
		case attr.Name == "":
			fixed.Attrs[key] = e.Attrs[key]
		case !attr.On(side), attr.Name != key && taken:
		default:
			if value := mend(attr.Name, e.Attrs[key]); value != "" {
				fixed.Attrs[attr.Name] = value
			}
		}
	}
	return fixed
}

// mend returns what a value was meant to be, empty where the attribute had better
// not be there.
func mend(key, value string) string {
	if checkValue(key, value) == "" {
		return value
	}
	guess, otherwise := tidy(value), ""
	word := strings.ToLower(guess)
	switch key {
	case "scope":
		guess, otherwise = mendScope(value), "NAME"
	case "mode":
		guess, otherwise = word, "max"
	case "version":
		guess, otherwise = strings.TrimPrefix(word, "v"), "2"
	case "timeout":
		otherwise = "10m"
	case "ignore-error":
		guess, otherwise = word, "true"
		if slices.Contains([]string{"no", "off", "n", "never"}, word) {
			otherwise = "false"
		}
	case "url", "url_v2":
		otherwise = "https://HOST/"
	case "repository":
		guess, otherwise = regexp.MustCompile(`[\w.-]*/?[\w.-]*$`).FindString(strings.TrimRight(guess, "/")), "OWNER/NAME"
	case "token", "ghtoken":
		otherwise = redacted
	}
	if value == "" {
		return ""
	}
	if checkValue(key, guess) == "" {
		return guess
	}
	return otherwise
}

func mendScope(scope string) string {
	return strings.Map(func(r rune) rune {
		if r == ',' || unicode.IsControl(r) {
			return '-'
		}
		return r
	}, strings.TrimSpace(strings.ToValidUTF8(scope, "-")))
}
