package cacheserver

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// The permissions of a blob URL, as Azure abbreviates them: read, or create and write.
const (
	toRead  = "r"
	toWrite = "cw"
)

// A client whose URL for reading has expired asks for a new one. It cannot do that for writing, so that URL lives
// longer.
const (
	readable  = time.Hour
	writeable = 24 * time.Hour
)

// azureVersion is the version of the Blob Storage protocol that this service speaks.
const azureVersion = "2025-05-05"

func (f *Front) routeBlobs() {
	f.mux.HandleFunc("GET /devstoreaccount1/cache/{id}", f.blobHandler(toRead, f.readBlob))
	f.mux.HandleFunc("PUT /devstoreaccount1/cache/{id}", f.blobHandler(toWrite, f.writeBlob))
}

// blobURL has the shape of the Azure emulator's URLs, account, container and blob, which clients that check URLs
// accept.
func (f *Front) blobURL(base string, id int64, permission string) string {
	ttl := readable
	if permission == toWrite {
		ttl = writeable
	}
	expiry := f.now().Add(ttl).UTC().Format(time.RFC3339)
	q := url.Values{"se": {expiry}, "sp": {permission}, "sr": {"b"}, "sv": {azureVersion}}
	q.Set("sig", f.blobSignature(strconv.FormatInt(id, 10), permission, expiry))
	return fmt.Sprintf("%s/devstoreaccount1/cache/%d?%s", base, id, q.Encode())
}

func (f *Front) blobSignature(id, permission, expiry string) string {
	mac := hmac.New(sha256.New, f.blobKey)
	fmt.Fprintf(mac, "%s\n%s\n%s", id, permission, expiry)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// checkBlobURL returns the id of the blob if this service signed the URL, the URL has the permission and it has not
// expired.
func (f *Front) checkBlobURL(r *http.Request, permission string) (int64, error) {
	q := r.URL.Query()
	want := f.blobSignature(r.PathValue("id"), permission, q.Get("se"))
	if !hmac.Equal([]byte(want), []byte(q.Get("sig"))) {
		return 0, errBlobForbidden
	}
	expiry, err := time.Parse(time.RFC3339, q.Get("se"))
	if err != nil || !f.now().Before(expiry) {
		return 0, errBlobForbidden
	}
	return parseID(r.PathValue("id"))
}

type blobHandler func(w http.ResponseWriter, r *http.Request, id int64) error

func (f *Front) blobHandler(permission string, handle blobHandler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Ms-Version", azureVersion)
		id, err := f.checkBlobURL(r, permission)
		if err == nil {
			err = handle(w, r, id)
		}
		if err != nil {
			f.fail(w, r, err)
		}
	}
}

func (f *Front) readBlob(w http.ResponseWriter, r *http.Request, id int64) error {
	if r.URL.Query().Has("comp") {
		return errBlobOperation
	}
	if rng := r.Header.Get("X-Ms-Range"); rng != "" {
		r.Header.Set("Range", rng)
	}
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Etag", etag(id))
	h.Set("X-Ms-Blob-Type", "BlockBlob")
	return f.backend.ServeBlob(contentWriter{w}, r, id)
}

// contentWriter adds the error codes of Blob Storage to the errors of ServeContent.
type contentWriter struct{ http.ResponseWriter }

// WriteHeader implements [http.ResponseWriter].
func (w contentWriter) WriteHeader(status int) {
	switch status {
	case http.StatusRequestedRangeNotSatisfiable:
		w.Header().Set("X-Ms-Error-Code", "InvalidRange")
	case http.StatusPreconditionFailed:
		w.Header().Set("X-Ms-Error-Code", "ConditionNotMet")
	}
	w.ResponseWriter.WriteHeader(status)
}

// ReadFrom implements [io.ReaderFrom], so that the kernel can send the file.
func (w contentWriter) ReadFrom(r io.Reader) (int64, error) { return io.Copy(w.ResponseWriter, r) }

// etag is made from the id only, because finished entries never change.
func etag(id int64) string { return fmt.Sprintf(`"0x%X"`, id) }

// azureError is an error of Blob Storage. Its code is sent in a header and in the body.
type azureError struct {
	status int
	code   string
}

func (e *azureError) Error() string { return e.code }

var (
	errBlobForbidden = &azureError{http.StatusForbidden, "AuthenticationFailed"}
	errBlobOperation = &azureError{http.StatusBadRequest, "InvalidQueryParameterValue"}
	errBlobType      = &azureError{http.StatusBadRequest, "InvalidHeaderValue"}
	errBlobLength    = &azureError{http.StatusLengthRequired, "MissingContentLengthHeader"}
	errBlockID       = &azureError{http.StatusBadRequest, "InvalidBlockId"}
	errBlockListXML  = &azureError{http.StatusBadRequest, "InvalidXmlDocument"}
	errBlobFinished  = &azureError{http.StatusConflict, "BlobImmutableDueToPolicy"}
)

// writeBlobError ignores write errors: the client may have closed the connection.
func writeBlobError(w http.ResponseWriter, err error) (status int) {
	e := azureErrorOf(err)
	w.Header().Set("X-Ms-Error-Code", e.code)
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(e.status)
	_, _ = io.WriteString(w, xml.Header)
	_ = xml.NewEncoder(w).Encode(struct {
		XMLName xml.Name `xml:"Error"`
		Code    string
		Message string
	}{Code: e.code, Message: publicText(err, e.status)})
	return e.status
}
