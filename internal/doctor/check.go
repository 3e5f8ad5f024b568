package doctor

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/diagnose"
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
)

// A Status is the result of a Check.
type Status string

// The statuses.
const (
	OK      Status = "ok"
	Warning Status = "warning" // builds use the cache, with a flaw; or a command of this program does not work
	Error   Status = "error"   // builds fail, or do not use the cache
	Skipped Status = "skipped" // not examined
)

// A Check is one thing that was examined.
type Check struct {
	Name   string   `json:"name"`
	Status Status   `json:"status"`
	Detail string   `json:"detail,omitempty"` // what was found
	Reason string   `json:"reason,omitempty"` // why the status is not ok
	Fix    []string `json:"fix,omitempty"`    // commands, flags or YAML; one to a hint line
}

// Examine judges the facts. There is a Check for each subject, or several where there is more than one thing to say about
// it, always in this order: from this machine over the job to the service and what it holds.
func Examine(f Facts) []Check {
	subjects := []struct {
		name  string
		judge func(Facts) []Check
	}{
		{"docker", one(docker)},
		{"buildx", buildx},
		{"builder", builder},
		{"runtime variables", one(variables)},
		{"token claims", one(claims)},
		{"permissions", one(permissions)},
		{"expiry", one(expiry)},
		{"cache-mode", one(mode)},
		{"service", one(service)},
		{"REST token", one(restToken)},
		{"REST permission", one(restPermission)},
		{"REST rate", one(restRate)},
		{"usage", one(usage)},
		{"index integrity", one(integrity)},
		{"scopes", one(scopes)},
	}
	var checks []Check
	for _, s := range subjects {
		for _, c := range s.judge(f) {
			c.Name = s.name
			if i := slices.Index(c.Fix, diagnose.Retry); i >= 0 && !f.Runtime.Job {
				c.Fix[i] = "docker ghacache doctor   # again, later"
			}
			checks = append(checks, c)
		}
	}
	return checks
}

func one(judge func(Facts) Check) func(Facts) []Check {
	return func(f Facts) []Check { return []Check{judge(f)} }
}

// Worst returns the gravest status of checks: Error, Warning, or OK. Skipped counts as OK.
func Worst(checks []Check) Status {
	worst := OK
	for _, c := range checks {
		switch {
		case c.Status == Error:
			return Error
		case c.Status == Warning:
			worst = Warning
		}
	}
	return worst
}

func fine(format string, args ...any) Check {
	return Check{Status: OK, Detail: fmt.Sprintf(format, args...)}
}

func skip(reason string) Check { return Check{Status: Skipped, Reason: reason} }

func (c Check) warn(reason string, fix ...string) Check {
	c.Status, c.Reason, c.Fix = Warning, reason, fix
	return c
}

func (c Check) fail(reason string, fix ...string) Check {
	c.Status, c.Reason, c.Fix = Error, reason, fix
	return c
}

// mild makes a warning of an error that does not stop builds.
func (c Check) mild() Check {
	c.Status = Warning
	return c
}

// lines are those of a hint, none for none.
func lines(hint string) []string {
	return strings.FieldsFunc(hint, func(r rune) bool { return r == '\n' })
}

// failed explains an error by the catalogue where that knows it, else by its own words and the given fix.
func failed(err error, fix ...string) Check {
	text := diagnose.Evidence(err.Error())
	if own := hint.Of(err); own != "" {
		fix = lines(own)
	}
	for e := err; e != nil; e = errors.Unwrap(e) {
		if known, ok := diagnose.ExplainError(e.Error()); ok {
			cause := known.OfDoctor().Cause
			elsewhere := slices.DeleteFunc(slices.Clone(cause.Advice), func(a string) bool { return strings.HasPrefix(a, diagnose.Doctor) })
			return fine("%s", text).fail(cause.Claim(), elsewhere...)
		}
	}
	return Check{}.fail(text, fix...)
}

// firstError returns what went wrong first, and where.
func firstError[T any](all []T, of func(T) (string, error)) error {
	for _, one := range all {
		if name, err := of(one); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}
