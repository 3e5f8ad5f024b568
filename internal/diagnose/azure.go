package diagnose

import (
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/lazyregexp"
)

var (
	// blobRequest is how Azure's client begins an error about a cache's blob.
	blobRequest = lazyregexp.New(`^(?:GET|PUT|HEAD) (?:https?://)?\S*(?:/actions-cache/|productionresultssa|/devstoreaccount1/|/download/|/upload/)\S*$`)
	// blobDetail is why Azure does not accept the signature of a URL.
	blobDetail = lazyregexp.New(`<AuthenticationErrorDetail>([^<]*)`)
	// shortened is the status where somebody left out what stands before it.
	shortened = lazyregexp.New(`^40[34] (?:The specified |Server failed )`)
	dashes    = lazyregexp.New(`^-{3,}$`)
	ruler     = lazyregexp.New(`\s*-{5,}\s*`)
)

var ofBlob = lazyregexp.New(`\b(?:GET|PUT|HEAD) https?://[\w.-]+\.blob\.core\.windows\.net/([\w$-]+)/`)

// ofAccount reports whether a blob is in somebody's own account, as those of an azblob cache.
func ofAccount(text string) bool {
	m := ofBlob().FindStringSubmatch(text)
	return m != nil && m[1] != "actions-cache"
}

// maxReply is how many lines of the reply are read.
const maxReply = 20

// An azureError is an error of Azure's client under way, which spreads method, URL, status, code and the reply's body
// over several lines between three of dashes:
// https://github.com/Azure/azure-sdk-for-go/blob/main/sdk/azcore/internal/exported/response_error.go
type azureError struct {
	line    logLine // all of it in one
	number  int     // of the line with the status, or of the first; 0 without an error
	dashes  int     // lines of them that are still to come
	left    int     // other lines that may come
	replied bool    // the status has come
}

// begin takes the first line.
func (e *azureError) begin(l *logLine, number int) bool {
	if l.frame < build || !blobRequest().MatchString(l.core) {
		return false
	}
	*e = azureError{line: *l, number: number, dashes: 3, left: maxReply}
	return true
}

// add takes a further line, and reports whether l is one.
func (e *azureError) add(l *logLine, number int) bool {
	switch {
	case e.dashes == 0 || e.left == 0 || l.frame > said || l.vertex != "" || l.core != l.text:
		return false
	case dashes().MatchString(l.text):
		e.dashes--
		return true
	case !e.replied && shortened().MatchString(l.text):
		l.text = "RESPONSE " + l.text[:3] + ": " + l.text
	}
	status := !e.replied && strings.HasPrefix(l.text, "RESPONSE ")
	if !e.replied && !status {
		return false
	}
	e.left--
	if status {
		e.number, e.replied = number, true
		e.line.text += " " + l.text
	}
	if detail := blobDetail().FindStringSubmatch(l.text); detail != nil {
		e.line.text += " " + detail[1]
	}
	e.line.core += " " + l.text
	return true
}
