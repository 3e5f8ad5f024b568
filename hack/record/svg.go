package main

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"image/color"
	"strings"
	"unicode/utf8"

	"github.com/tonistiigi/vt100"
)

// The measures of the picture, in pixels.
const (
	cell    = 8.4 // width of a character of 14 pixels
	leading = 19
	margin  = 16
	titled  = 30 // height of a title
	width   = 2*margin + columns*cell
)

// style has the colours of GitHub's pages, light and dark.
const style = `text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;white-space:pre;fill:#1f2328}
.title{font:600 14px system-ui,-apple-system,"Segoe UI","DejaVu Sans",sans-serif}
rect{fill:#f6f8fa;stroke:#d1d9e0}
.bright{font-weight:bold}.dim{opacity:.65}
.red{fill:#cf222e}.green{fill:#116329}.yellow{fill:#7d4e00}.blue{fill:#0969da}.magenta{fill:#8250df}.cyan{fill:#1b7c83}
@media(prefers-color-scheme:dark){text{fill:#f0f6fc}rect{fill:#0d1117;stroke:#3d444d}
.red{fill:#ff7b72}.green{fill:#3fb950}.yellow{fill:#d29922}.blue{fill:#58a6ff}.magenta{fill:#bc8cff}.cyan{fill:#39c5cf}}`

// svg draws frames one below the other.
func svg(frames ...frame) []byte {
	var body bytes.Buffer
	y := 0
	for _, f := range frames {
		height := len(f.lines)*leading + margin
		fmt.Fprintf(&body, "<text class=\"title\" x=\"1\" y=\"%d\">%s</text>\n", y+20, escape(f.title))
		fmt.Fprintf(&body, "<rect x=\".5\" y=\"%d.5\" width=\"%.4g\" height=\"%d\" rx=\"6\"/>\n", y+titled, width-1, height)
		for i, l := range f.lines {
			draw(&body, l, y+titled+(i+1)*leading+2)
		}
		y += titled + height + margin
	}
	return fmt.Appendf(nil, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.4g %d\" width=\"%.4g\" role=\"img\">\n<title>%s</title>\n<style>%s</style>\n%s</svg>\n",
		width, y, width, "A build that the docker driver refuses, the same build from the cache, and what the cache holds", style, body.Bytes())
}

// draw writes every word at its column, so that columns align in every font.
func draw(body *bytes.Buffer, l line, y int) {
	for _, t := range l {
		for at, word := range words(t.text) {
			fmt.Fprintf(body, "<text%s x=\"%.1f\" y=\"%d\" textLength=\"%.1f\">%s</text>\n", class(t.style),
				margin+float64(t.column+at)*cell, y, float64(utf8.RuneCountInString(word))*cell, escape(word))
		}
	}
}

// words yields what two or more blanks separate, with its column.
func words(s string) func(yield func(int, string) bool) {
	return func(yield func(int, string) bool) {
		column := 0
		for part := range strings.SplitSeq(s, "  ") {
			word := strings.TrimLeft(part, " ")
			at := column + utf8.RuneCountInString(part) - utf8.RuneCountInString(word)
			if word = strings.TrimRight(word, " "); word != "" && !yield(at, word) {
				return
			}
			column += utf8.RuneCountInString(part) + 2
		}
	}
}

// class names the style of a text, if it has any.
func class(f vt100.Format) string {
	weight := map[vt100.Intensity]string{vt100.Bright: "bright", vt100.Dim: "dim"}[f.Intensity]
	ink := map[color.RGBA]string{
		vt100.Red: "red", vt100.Green: "green", vt100.Yellow: "yellow", vt100.Blue: "blue", vt100.Magenta: "magenta", vt100.Cyan: "cyan",
	}[f.Fg]
	if weight == "" && ink == "" {
		return ""
	}
	return fmt.Sprintf(" class=%q", strings.TrimSpace(weight+" "+ink))
}

func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // writes to memory
	return b.String()
}
