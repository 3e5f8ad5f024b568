package diagnose

import (
	"regexp/syntax"
	"slices"
	"strings"
)

// Texts are what messages of the causes say, by ID: what somebody searches for who has one. They come from the expressions of the
// catalogue. Where a message has something of its own, they have an ellipsis. A cause that no message tells has none.
func Texts() map[string][]string {
	texts := map[string][]string{}
	for _, c := range catalogue() {
		parsed, err := syntax.Parse(c.match().compiled().String(), syntax.Perl)
		if err != nil {
			continue // it was compiled
		}
		for _, text := range spell(parsed) {
			if text = tidy(text); findable(text) && !slices.Contains(texts[c.ID], text) {
				texts[c.ID] = append(texts[c.ID], text)
			}
		}
	}
	return texts
}

const ellipsis = "…"

// spell writes texts that an expression matches.
func spell(re *syntax.Regexp) []string {
	switch re.Op {
	case syntax.OpLiteral:
		text := string(re.Rune)
		if re.Flags&syntax.FoldCase != 0 {
			text = strings.ToLower(text)
		}
		return []string{text}
	case syntax.OpAlternate:
		var all []string
		for _, sub := range re.Sub {
			all = append(all, spell(sub)...)
		}
		return all
	case syntax.OpConcat:
		return spellAll(re.Sub)
	case syntax.OpCapture:
		return spell(re.Sub[0])
	case syntax.OpCharClass:
		return []string{spellClass(re.Rune)}
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL, syntax.OpPlus, syntax.OpStar, syntax.OpRepeat:
		return []string{ellipsis}
	}
	return []string{""} // places between letters, and what need not be there
}

// spellAll spells all that follows the other. Only the last part that has alternatives is written with all of them: those before it
// are ways to say who speaks.
func spellAll(parts []*syntax.Regexp) []string {
	texts := make([][]string, len(parts))
	last := -1
	for i, part := range parts {
		if texts[i] = spell(part); len(texts[i]) > 1 {
			last = i
		}
	}
	all := []string{""}
	for i := range parts {
		if i != last {
			for j := range all {
				all[j] += texts[i][0]
			}
			continue
		}
		before := all[0]
		all = nil
		for _, text := range texts[i] {
			all = append(all, before+text)
		}
	}
	return all
}

// aDigit is the class \d, written as a digit that is made one of a number below.
const aDigit = "\x00"

func spellClass(runes []rune) string {
	switch {
	case string(runes) == "09":
		return aDigit
	case len(runes) <= 4 && runes[0] == runes[1]: // a few letters, each a range of its own
		return string(runes[0])
	}
	return ellipsis
}

// marks are what the Scanner puts in front of a message, to tell what it knows beside it: no log has them.
var marks = []string{"toolkit: ", "booting: ", "docker buildx: ", "cache option: ", "local: ", "torn: ", "packing: ", "archive: ", "creating: ", "stalled: ", "filled: ", asked} //nolint:gochecknoglobals // a constant

// tidy writes 5\d\d as 500 and any other digits as an ellipsis, and drops what says nothing at either end.
func tidy(text string) string {
	var b strings.Builder
	var before rune
	for _, r := range text {
		if r == '\x00' {
			if r = '…'; before >= '0' && before <= '9' {
				r = '0'
			}
		}
		if r != '…' || before != '…' {
			b.WriteRune(r)
		}
		before = r
	}
	text = strings.Trim(b.String(), ellipsis)
	for _, mark := range marks {
		text = strings.TrimPrefix(text, mark)
	}
	text = strings.ReplaceAll(text, "127.….….…", "127.0.0.1")
	return strings.Trim(text, ellipsis+": ")
}

// findable reports whether somebody would find a text.
func findable(text string) bool {
	if strings.HasPrefix(text, "<html") {
		return false // of whatever server
	}
	letters := 0
	for _, r := range text {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			letters++
		}
	}
	return letters > 2
}
