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

// Check returns what is wrong with the entry on this side, in the order of the
// attributes' names. All hints that are an entry are the same one, which corrects
// everything. It knows type=gha and its misspellings (buildx compares the type
// case-sensitively), and a bare "gha"; an entry of any other type has no problems
// here.
//
// What buildx or BuildKit would silently take for something else is an error. What
// they ignore is a warning: an attribute of the other side, which a list shared by
// two targets may have, and one that a newer BuildKit may know.
func (e Entry) Check(side Side) []Problem {
	if ref := e.Attrs["ref"]; e.Type == typeRegistry && len(e.Attrs) == 1 && strings.ToLower(ref) == typeGHA {
		return []Problem{{
			Code: CodeBareGHA, Level: LevelWarning, Value: ref,
			Text: fmt.Sprintf("buildx reads %q as the name of an image, not as a type", ref),
			Hint: side.String() + " type=gha",
		}}
	}
	meant := e.meant()
	if !meant.GHA() {
		return nil
	}
	var problems []Problem
	if !e.GHA() {
		shown := cutSecret(e.Type)
		problems = append(problems, Problem{
			Code: CodeMisspeltType, Level: LevelError, Attr: "type", Value: shown,
			Text: fmt.Sprintf("unknown type %q; did you mean type=gha?", shown),
		})
	}
	for _, key := range slices.Sorted(maps.Keys(e.Attrs)) {
		if problem := e.checkAttr(side, key); problem != (Problem{}) {
			problems = append(problems, problem)
		}
	}
	for i := range problems {
		if problems[i].Hint == "" {
			problems[i].Hint = side.String() + " " + meant.mended(side).String()
		}
	}
	return problems
}

func (e Entry) checkAttr(side Side, key string) Problem {
	value := e.Attrs[key]
	problem := Problem{Attr: key, Value: value}
	attr := likely(key)
	switch {
	case attr.Name == "":
		problem.Code, problem.Level = CodeUnknownAttribute, LevelWarning
		problem.Text = fmt.Sprintf("this version does not know attribute %q of type=gha, and BuildKit ignores what it does not know", key)
		problem.Hint = "attributes of " + side.String() + ": " + strings.Join(names(side), ", ")
	case !attr.On(side):
		problem.Code, problem.Level = CodeOtherSide, LevelWarning
		problem.Text = fmt.Sprintf("BuildKit reads %s on %s only", attr.Name, attr.Sides[0])
	case attr.Name != key:
		problem.Code, problem.Level = CodeMisspeltAttribute, LevelError
		problem.Text = e.misspelt(key, attr)
	default:
		problem.Code, problem.Level, problem.Text = CodeBadValue, LevelError, checkValue(key, value)
	}
	if problem.Text == "" {
		return Problem{}
	}
	if attr.Name == "" || attr.Secret && value != "" {
		problem.Value = redacted
	}
	return problem
}

func (e Entry) misspelt(key string, attr Attribute) string {
	text := fmt.Sprintf("unknown attribute %q", key)
	switch {
	case key == tidy(key):
	case strings.TrimSpace(key) == tidy(key):
		text += " with white space in its name"
	default:
		text += " with a quote in its name"
	}
	text += "; did you mean " + attr.Name
	if _, taken := e.Attrs[attr.Name]; taken {
		return text + ", which is there as well?"
	}
	if value := mend(attr.Name, e.Attrs[key]); value != "" && !attr.Secret {
		text += "=" + value
	}
	return text + "?"
}

// checkValue returns what is wrong with the value, empty if nothing is.
func checkValue(key, value string) string {
	switch key {
	case "scope":
		return checkScope(value)
	case "mode":
		if value != "min" && value != "max" {
			return fmt.Sprintf("mode is min or max, not %q, which BuildKit would take for min", value)
		}
	case "version":
		if value != "1" && value != "2" {
			return fmt.Sprintf("version is 1 or 2, not %q", value)
		}
	case "timeout":
		if d, err := time.ParseDuration(value); err != nil || d <= 0 {
			return fmt.Sprintf("timeout is a positive duration such as 10m, not %q", value)
		}
	case "ignore-error":
		if _, err := strconv.ParseBool(value); err != nil {
			return fmt.Sprintf("ignore-error is true or false, not %q, which BuildKit would take for false", value)
		}
	case "url", "url_v2":
		if !absolute(value) {
			return fmt.Sprintf("%s is an absolute http or https URL, not %q", key, value)
		}
	case "repository":
		if !regexp.MustCompile(`^[\w.-]+/[\w.-]+$`).MatchString(value) {
			return fmt.Sprintf("repository is owner/name, not %q", value)
		}
	case "token", "ghtoken":
		if value == "" {
			return key + " is empty"
		}
		if strings.ContainsFunc(value, blank) {
			return key + " contains white space"
		}
	}
	return ""
}

// absolute reports whether a URL is one of http or https with a host.
func absolute(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && u.Hostname() != "" && (u.Scheme == "http" || u.Scheme == "https")
}

func blank(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }

func checkScope(scope string) string {
	length := utf8.RuneCountInString(scope)
	switch {
	case scope == "":
		return fmt.Sprintf("a scope cannot be empty; without one, BuildKit uses %q", DefaultScope)
	case !utf8.ValidString(scope):
		return fmt.Sprintf("a scope is UTF-8, not %q", scope)
	case strings.Contains(scope, ","): // no key of the cache service may have one
		return fmt.Sprintf("a scope cannot contain a comma: %q", scope)
	case strings.ContainsFunc(scope, unicode.IsControl):
		return fmt.Sprintf("a scope cannot contain a control character: %q", scope)
	case strings.TrimSpace(scope) != scope:
		return fmt.Sprintf("a scope cannot begin or end with white space: %q", scope)
	case length > maxScope:
		return fmt.Sprintf("a scope has at most %d characters, and this one %d: a key of the cache service has at most 512", maxScope, length)
	}
	return ""
}
