package scan

import (
	"slices"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/migrate/source"
)

// Bake is a call of bake, or an input that it gets: the bytes [Start, End).
type Bake struct {
	Start, End int
	Targets    []string // that it builds; empty: those of the group default
	Matrix     bool     // it has to do with the matrix of its job
}

// BakeAt is the call of bake that an offset is in.
func (p *Page) BakeAt(at int) Bake {
	i := slices.IndexFunc(p.Bakes, func(b Bake) bool { return b.Start <= at && at < b.End })
	if i < 0 {
		return Bake{}
	}
	return p.Bakes[i]
}

// bakeAction adds the overrides of a step that runs bake-action.
func (p *Page) bakeAction(with Mapping) {
	b := Bake{Targets: strings.FieldsFunc(with.Value("targets"), func(r rune) bool { return strings.ContainsRune(", \n\r\t", r) })}
	for _, value := range with.Pairs() {
		b.Matrix = b.Matrix || strings.Contains(value.Value, "matrix.")
	}
	for _, line := range with.Text("set").Lines() {
		b.Start = line.Pos(0)
		b.End = b.Start + len(line.Value)
		p.Bakes = append(p.Bakes, b)
	}
}

// bakeCalls adds the calls of bake in a script. A call ends where its line does, the
// lines that follow a backslash with it.
func (p *Page) bakeCalls(script source.Text) {
	if !strings.Contains(script.Value, "bake") {
		return
	}
	var call []source.Text
	for _, line := range script.Lines() {
		call = append(call, line)
		if strings.HasSuffix(strings.TrimRight(line.Value, " \r"), `\`) {
			continue
		}
		p.bakeCall(call)
		call = nil
	}
	p.bakeCall(call)
}

func (p *Page) bakeCall(lines []source.Text) {
	if len(lines) == 0 {
		return
	}
	last := lines[len(lines)-1]
	b := Bake{Start: lines[0].Pos(0), End: last.Pos(0) + len(last.Value)}
	var words []string
	for _, line := range lines {
		b.Matrix = b.Matrix || strings.Contains(line.Value, "matrix.")
		words = append(words, strings.Fields(strings.TrimSuffix(strings.TrimRight(line.Value, " \r"), `\`))...)
	}
	at := slices.Index(words, "bake")
	if at < 0 {
		return
	}
	b.Targets = targetsIn(words[at+1:])
	p.Bakes = append(p.Bakes, b)
}

// targetsIn are the words behind bake that are no options.
func targetsIn(words []string) (out []string) {
	for i := 0; i < len(words); i++ {
		w := words[i]
		switch {
		case strings.ContainsAny(w, ";|&>#"):
			return out
		case slices.Contains([]string{"-f", "--file", "--set", "--builder", "--progress", "--metadata-file", "--allow", "--call", "--sbom", "--provenance", "--var"}, w):
			i++
		case !strings.HasPrefix(w, "-"):
			out = append(out, strings.Trim(w, `"'`))
		}
	}
	return out
}
