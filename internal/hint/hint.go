package hint

import "errors"

// Error is an error that knows its fix. Types of other packages may have a
// method Hint as well; [Of] finds both.
type Error interface {
	error
	Hint() string
}

// With gives err a fix: commands or flags to use, a line each.
func With(err error, fix string) error { return hinted{err, fix} }

// Of returns the fix of the first error in err's tree that has one, else nothing.
func Of(err error) string {
	if e, ok := errors.AsType[Error](err); ok {
		return e.Hint()
	}
	return ""
}

type hinted struct {
	error
	fix string
}

func (e hinted) Hint() string  { return e.fix }
func (e hinted) Unwrap() error { return e.error }

// Usage is an error in the command line itself, with its fix.
func Usage(err error, fix string) error { return usage{With(err, fix)} }

// IsUsage reports whether there is an error of [Usage] in err's tree.
func IsUsage(err error) bool {
	_, ok := errors.AsType[usage](err)
	return ok
}

type usage struct{ error }

func (u usage) Unwrap() error { return u.error }
