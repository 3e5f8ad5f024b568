package source

// MaxValues bounds what a variable, or a word with variables, can come to: enough
// for any real matrix. What comes to more cannot be told.
const MaxValues = 64

const (
	maxLength   = 4 << 10   // of a value that is put together, in bytes
	maxUses     = 32        // variables in one value
	maxAttempts = 1 << 10   // pairs that one combination looks at
	budget      = 256 << 10 // what all combinations of a file may come to, in bytes
	price       = 64        // of a look at one variable or pair, in bytes
)

// Budget bounds what the values of one file come to together: variables that double
// each other, or multiply over a matrix, would fill any memory. The zero value is
// unspent.
type Budget struct{ spent int }

// Take says whether there is something left, and takes the price of one look.
func (b *Budget) Take() bool {
	b.spent += price
	return b.spent <= budget
}

// Combine puts every value together with every other, within bounds that it checks
// before it combines. It returns nil if that would come to too much: then nobody may
// take some of the values for all of them.
func (b *Budget) Combine(values, others []Text, with func(a, b Text) Text) []Text {
	var out []Text
	attempts := 0
	for _, v := range values {
		for _, w := range others {
			attempts++
			if len(out) == MaxValues || attempts > maxAttempts || !b.fits(v, w) {
				return nil
			}
			if c := with(v, w); c.consistent() {
				out = append(out, c)
			}
		}
	}
	return out
}

// fits says that two values may be put together, and takes the price.
func (b *Budget) fits(v, w Text) bool {
	size := len(v.Value) + len(w.Value)
	if size > maxLength || len(v.via)+len(w.via) > maxUses || !b.Take() {
		return false
	}
	b.spent += size
	return true
}

// Long says that a text is too long to look for variables in it.
func (t Text) Long() bool { return len(t.Value) > maxLength }
