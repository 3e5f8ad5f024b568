package runtimeclient

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/httpclient"
	actionscache "github.com/tonistiigi/go-actions-cache"
)

// AnswerOf reads the error of a [Reader]. The cache service replies with JSON.
func AnswerOf(err error) httpclient.Answer {
	reply, ok := errors.AsType[actionscache.HTTPError](err)
	if !ok {
		return httpclient.Answer{Foreign: httpclient.NotJSON(err)}
	}
	// In an outage, the server in front of GitHub's answers 400 or 503 with a page.
	syntax, notJSON := errors.AsType[*json.SyntaxError](err)
	page := notJSON && strings.HasPrefix(syntax.Error(), "invalid character '<'")
	refusal := reply.StatusCode > http.StatusBadRequest && reply.StatusCode < http.StatusInternalServerError
	return httpclient.Answer{Status: reply.StatusCode, Limited: reply.StatusCode == http.StatusTooManyRequests, Foreign: page && refusal}
}
