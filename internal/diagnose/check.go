package diagnose

import (
	"errors"
	"fmt"
)

// A Status is the result of a Check.
type Status string

// The statuses.
const (
	OK      Status = "ok"
	Warning Status = "warning" // works, or may work, with a flaw
	Error   Status = "error"   // a gha cache does not work
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

// Examine judges the facts. There is one Check for each subject, always in this order: from this machine over the job to
// the service and what it holds.
func Examine(f Facts) []Check {
	subjects := []struct {
		name  string
		judge func(Facts) Check
	}{
		{"docker", docker},
		{"buildx", buildx},
		{"builder", builder},
		{"driver", driver},
		{"BuildKit", buildKit},
		{"gha capability", capability},
		{"runtime variables", variables},
		{"token claims", claims},
		{"permissions", permissions},
		{"expiry", expiry},
		{"cache-mode", mode},
		{"service", service},
		{"REST token", restToken},
		{"REST permission", restPermission},
		{"REST rate", restRate},
		{"usage", usage},
		{"index integrity", integrity},
		{"scopes", scopes},
	}
	checks := make([]Check, len(subjects))
	for i, s := range subjects {
		checks[i] = s.judge(f)
		checks[i].Name = s.name
	}
	return checks
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

// failed explains an error by the catalogue where that knows it, else by its own words and the given fix.
func failed(err error, fix ...string) Check {
	text := evidence(err.Error())
	for e := err; e != nil; e = errors.Unwrap(e) {
		if known, ok := ExplainError(e.Error()); ok {
			cause := known.in(host).Cause // this program asked, on this machine
			return fine("%s", text).fail(cause.Claim(), cause.Advice...)
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
