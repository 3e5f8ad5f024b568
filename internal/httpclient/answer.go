package httpclient

import (
	"encoding/json"
	"errors"
	"time"
)

// Answer is how a service answered, as far as an error tells.
type Answer struct {
	Status  int       // of the reply; 0: there was none, or it was a success
	Limited bool      // a rate limit was exceeded
	Until   time.Time // until when requests are refused for that; zero if that is not known
	Foreign bool      // the reply is not one of GitHub's services, as that of a proxy or of another server
}

// NotJSON reports whether a reply was not the JSON that GitHub's services send.
func NotJSON(err error) bool {
	_, notJSON := errors.AsType[*json.SyntaxError](err)
	_, otherJSON := errors.AsType[*json.UnmarshalTypeError](err)
	return notJSON || otherJSON
}
