package cacheopts

import "strings"

// The flags of buildx v0.37 that a scan must know: those that take the next
// word, and those with a short name. Hidden and global ones included; a test
// holds the lists against buildx. Written as in NAME,LETTER.
const (
	commonValues   = "allow builder call metadata-file policy progress provenance sbom"
	commonBooleans = "check debug,D help,h load no-cache pull push"

	buildValues = commonValues + " add-host annotation attest build-arg build-context cache-from cache-to" +
		" cgroup-parent cpu-period cpu-quota cpu-shares,c cpuset-cpus cpuset-mems file,f iidfile isolation" +
		" label memory,m memory-swap network no-cache-filter output,o platform print resource secret" +
		" security-opt shm-size ssh tag,t target ulimit"
	buildBooleans = commonBooleans + " compress force-rm quiet,q rm squash"

	bakeValues   = commonValues + " file,f list set var"
	bakeBooleans = commonBooleans + " list-targets list-variables print"
)

type flags struct {
	values map[string]bool // long names: true takes the next word
	shorts map[byte]string // letter to long name
}

func buildFlags() flags { return newFlags(buildValues, buildBooleans) }

func bakeFlags() flags { return newFlags(bakeValues, bakeBooleans) }

func newFlags(values, booleans string) flags {
	f := flags{values: map[string]bool{}, shorts: map[byte]string{}}
	for takes, list := range map[bool]string{true: values, false: booleans} {
		for field := range strings.FieldsSeq(list) {
			name, letter, ok := strings.Cut(field, ",")
			f.values[name] = takes
			if ok {
				f.shorts[letter[0]] = name
			}
		}
	}
	return f
}
