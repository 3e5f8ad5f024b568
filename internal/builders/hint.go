package builders

// hinted is an error that the user can do something about.
type hinted struct {
	error
	hint string
}

// Hint is a command or a flag to use; several are separated by "\n".
func (e hinted) Hint() string { return e.hint }

func (e hinted) Unwrap() error { return e.error }
