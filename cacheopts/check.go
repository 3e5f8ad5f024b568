package cacheopts

import (
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// maxScope is what the other parts of the longest index key, as
// index-<scope>-1-<8 hex>-sig#<number>, leave of the 512 characters that a key
// of the cache service may have. Eight digits are kept for the number.
const maxScope = 512 - len("index-") - len("-1-00000000-sig#00000000")

// Check returns what is wrong with the entry on this side, each with the fix,
// in the order of the attributes' names. It knows type=gha and its misspellings
// (buildx compares the type case-sensitively); an entry of any other type has
// no problems here.
func (e Entry) Check(side Side) []Problem {
	meant := e.meant()
	if !meant.GHA() {
		return nil
	}
	var problems []Problem
	if !e.GHA() {
		problems = append(problems, Problem{
			Text: fmt.Sprintf("type %q is not gha: the type is taken literally", cutSecret(e.Type)),
			Hint: side.String() + " " + meant.String(),
		})
	}
	for _, key := range slices.Sorted(maps.Keys(e.Attrs)) {
		if problem := e.checkAttr(side, key); problem != (Problem{}) {
			problems = append(problems, problem)
		}
	}
	return problems
}

func (e Entry) checkAttr(side Side, key string) Problem {
	meant, attr := e.meant(), lookup(key)
	if attr.Name == "" && lookup(tidy(key)).Name != "" {
		return Problem{
			Text: fmt.Sprintf("attribute %q has white space or a quote around its name and is ignored", key),
			Hint: side.String() + " " + meant.String(),
		}
	}
	if attr.Name == "" {
		return unknown(side, meant, tidy(key))
	}
	if !attr.On(side) {
		return Problem{
			Text: fmt.Sprintf("%s has no meaning on %s", key, side),
			Hint: side.String() + " " + meant.Without(key).String(),
		}
	}
	return checkValue(key, e.Attrs[key])
}

func unknown(side Side, meant Entry, key string) Problem {
	problem := Problem{Text: fmt.Sprintf("type=gha has no attribute %q: it is ignored", key)}
	near := nearest(key)
	if _, taken := meant.Attrs[near.Name]; near.Name != "" && near.On(side) && !taken {
		renamed := meant.Without(key).With(near.Name, meant.Attrs[key])
		problem.Hint = side.String() + " " + renamed.String()
		return problem
	}
	var names []string
	for _, attr := range Attributes() {
		if attr.On(side) {
			names = append(names, attr.Name)
		}
	}
	problem.Hint = "attributes of " + side.String() + ": " + strings.Join(names, ", ")
	return problem
}

func checkValue(key, value string) Problem {
	wrong := func(is, hint string) Problem {
		return Problem{Text: fmt.Sprintf("%s %q %s", key, value, is), Hint: hint}
	}
	switch key {
	case "scope":
		return checkScope(value)
	case "mode":
		if value != "min" && value != "max" {
			return wrong("is neither min nor max, and would be min", "mode=max")
		}
	case "version":
		if value != "1" && value != "2" {
			return wrong("is neither 1 nor 2", "version=2")
		}
	case "timeout":
		if d, err := time.ParseDuration(value); err != nil || d <= 0 {
			return wrong("is not a positive duration", "timeout=10m")
		}
	case "ignore-error":
		if _, err := strconv.ParseBool(value); err != nil {
			return wrong("is neither true nor false, and would be false", "ignore-error=true")
		}
	case "url", "url_v2":
		if u, err := url.Parse(value); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return wrong("is not an absolute http or https URL", key+"=https://…")
		}
	case "repository":
		if !regexp.MustCompile(`^[\w.-]+/[\w.-]+$`).MatchString(value) {
			return wrong("is not owner/name", "repository=OWNER/NAME")
		}
	case "token", "ghtoken":
		return checkToken(key, value)
	}
	return Problem{}
}

func checkToken(key, value string) Problem {
	if value == "" {
		return Problem{Text: key + " is empty", Hint: "leave " + key + " out, or give it a value"}
	}
	if strings.ContainsFunc(value, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) {
		return Problem{Text: key + " contains white space", Hint: "give " + key + " without white space around it"}
	}
	return Problem{}
}

func checkScope(scope string) Problem {
	wrong := func(is string) Problem {
		return Problem{Text: fmt.Sprintf("scope %q %s", scope, is), Hint: "scope=NAME"}
	}
	switch {
	case scope == "":
		return Problem{Text: "scope is empty", Hint: "scope=NAME, or no scope at all for " + strconv.Quote(DefaultScope)}
	case !utf8.ValidString(scope):
		return wrong("is not UTF-8")
	case strings.Contains(scope, ","):
		return wrong("contains a comma, which no key of the cache service may")
	case strings.ContainsFunc(scope, unicode.IsControl):
		return wrong("contains a control character")
	case strings.TrimSpace(scope) != scope:
		return Problem{Text: fmt.Sprintf("scope %q begins or ends with white space", scope), Hint: "scope=" + strings.TrimSpace(scope)}
	case utf8.RuneCountInString(scope) > maxScope:
		return Problem{
			Text: fmt.Sprintf("scope is %d characters long: its keys would exceed the 512 of the cache service", utf8.RuneCountInString(scope)),
			Hint: fmt.Sprintf("a scope of at most %d characters", maxScope),
		}
	}
	return Problem{}
}
