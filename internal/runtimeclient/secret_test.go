package runtimeclient

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/servertest"
)

// echo says in its reply what it was asked, and more that is secret.
func echo(t *testing.T, status int, format string) string {
	return servertest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		// Go writes & in JSON as \u0026, other languages do not.
		text := strconv.Quote(fmt.Sprintf("cannot handle\n%s %s %s; Bearer 0th3r at https://host/blob?se=1&sig=s3cr3t or blob?sig=s3cr3t", r.Header.Get("Authorization"), r.URL, body))
		w.WriteHeader(status)
		fmt.Fprintf(w, format, text)
	}))
}

func TestAServiceThatEchoesItsRequestLeaksNoSecret(t *testing.T) {
	for name, reply := range map[string]struct {
		status int
		format string
	}{
		"an error of Twirp":  {http.StatusBadRequest, `{"code":"malformed","msg":%s}`},
		"a code":             {http.StatusBadRequest, `{"code":%s,"msg":"no"}`},
		"an error of before": {http.StatusForbidden, `{"message":%s}`},
		"a page":             {http.StatusForbidden, "<html>%s"},
		"a refusal":          {http.StatusOK, `{"ok":false,"message":%s}`},
		"a reply of no sort": {http.StatusOK, `{"ok":%s}`},
		"something else":     {http.StatusOK, "<html>%s"},
	} {
		t.Run(name, func(t *testing.T) {
			u := uploaderOf(t, servertest.Open(t, cacheserver.Options{}), echo(t, reply.status, reply.format))
			signed := strings.TrimRight(u.service.opts.URL, "/") + "/blob?sig=s3cr3t"
			calls := map[string]error{"uploading": u.Upload(t.Context(), "key", strings.NewReader(""), 0)}
			_, calls["reserving"] = u.service.Reserve(t.Context(), "key", "version")
			calls["finishing"] = u.service.Finish(t.Context(), "key", "version", 1)
			_, calls["finding"] = u.service.Find(t.Context(), "version", "key")
			calls["writing"] = (&BlobWriter{signed, u.service}).Put(t.Context(), func() io.Reader { return strings.NewReader("1") }, 1)
			if resp, err := u.service.Get(t.Context(), signed, 1, 1); err == nil {
				resp.Body.Close()
				t.Error("content came")
			} else {
				calls["getting"] = err
			}
			for call, err := range calls {
				if err == nil {
					t.Errorf("%s succeeds", call)
					continue
				}
				said := err.Error()
				if refused, ok := errors.AsType[*ServiceError](err); ok {
					said += refused.Code + refused.Message
				}
				for _, secret := range []string{u.token, "s3cr3t", "0th3r"} {
					if strings.Contains(said, secret) {
						t.Errorf("%s: %q is in %s", call, secret, said)
					}
				}
			}
		})
	}
}

func TestWhatIsSecretDoesNotHideTheKindOfAnError(t *testing.T) {
	for status, want := range map[int]error{http.StatusConflict: fs.ErrExist, http.StatusOK: ErrNotFound} {
		u := uploaderOf(t, servertest.Open(t, cacheserver.Options{}), echo(t, status, `{"ok":false,"code":"already_exists","msg":%s}`))
		if _, err := u.service.Find(t.Context(), "version", "key"); !errors.Is(err, want) {
			t.Errorf("%d: %v", status, err)
		}
	}
	u := uploaderOf(t, servertest.Open(t, cacheserver.Options{}), echo(t, http.StatusForbidden, `{"code":"permission_denied","msg":%s}`))
	_, err := u.service.Reserve(t.Context(), "key", "version")
	refused, ok := errors.AsType[*ServiceError](err)
	if !ok || refused.Status != http.StatusForbidden || refused.Code != "permission_denied" || !strings.HasPrefix(refused.Message, "cannot handle Bearer REDACTED") {
		t.Errorf("have %v", err)
	}
}
