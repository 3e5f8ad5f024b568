package cacheserver

import (
	"encoding/xml"
	"errors"
	"io"
	"net/http"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/store"
)

const (
	maxBlockID   = 128 // characters; real ones have 48 or 64
	maxBlockList = 50_000
	maxListBytes = 10 << 20

	// wholeBlob is the block id for a blob that is uploaded in one request. No client can send this id.
	wholeBlob = ""
)

func (f *Front) writeBlob(w http.ResponseWriter, r *http.Request, id int64) error {
	err := f.backend.CheckUnfinished(id)
	if err != nil {
		return err
	}
	switch r.URL.Query().Get("comp") {
	case "":
		err = f.putBlob(r, id)
	case "block":
		err = f.putBlock(r, id)
	case "blocklist":
		err = f.putBlockList(w, r, id)
	default:
		err = errBlobOperation
	}
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Etag", etag(id))
	h.Set("Last-Modified", f.now().UTC().Format(http.TimeFormat))
	h.Set("X-Ms-Request-Server-Encrypted", "false")
	w.WriteHeader(http.StatusCreated)
	return nil
}

func (f *Front) putBlob(r *http.Request, id int64) error {
	if r.Header.Get("X-Ms-Blob-Type") != "BlockBlob" {
		return errBlobType
	}
	if r.ContentLength < 0 {
		return errBlobLength
	}
	if err := f.backend.WriteBlock(r.Context(), id, wholeBlob, r.ContentLength, clientBody{r.Body}); err != nil {
		return err
	}
	return f.backend.Assemble(r.Context(), id, []string{wholeBlob})
}

// putBlock does not decode block ids, because clients encode them in different ways.
func (f *Front) putBlock(r *http.Request, id int64) error {
	block := r.URL.Query().Get("blockid")
	if block == "" || len(block) > maxBlockID {
		return errBlockID
	}
	if r.ContentLength < 0 {
		return errBlobLength
	}
	return f.backend.WriteBlock(r.Context(), id, block, r.ContentLength, clientBody{r.Body})
}

func (f *Front) putBlockList(w http.ResponseWriter, r *http.Request, id int64) error {
	blocks, err := parseBlockList(http.MaxBytesReader(w, r.Body, maxListBytes))
	if err != nil {
		return err
	}
	return f.backend.Assemble(r.Context(), id, blocks)
}

// parseBlockList reads <BlockList><Latest>ID</Latest>…</BlockList>. OpenDAL has said Uncommitted: it means the same as long as
// a blob is put once. It stops at the first element that is one too many, of any name.
func parseBlockList(body io.Reader) (ids []string, err error) {
	d := xml.NewDecoder(body)
	for inside := false; ; {
		token, err := d.Token()
		if err != nil {
			return nil, errBlockListXML
		}
		switch element := token.(type) {
		case xml.EndElement:
			return ids, nil
		case xml.StartElement:
			if !inside {
				if inside = element.Name.Local == "BlockList"; !inside {
					return nil, errBlockListXML
				}
				continue
			}
			id, ok := decodeBlockID(d, element)
			if !ok || len(ids) == maxBlockList {
				return nil, errBlockListXML
			}
			ids = append(ids, id)
		}
	}
}

func decodeBlockID(d *xml.Decoder, element xml.StartElement) (id string, ok bool) {
	if kind := element.Name.Local; kind != "Latest" && kind != "Uncommitted" {
		return "", false
	}
	err := d.DecodeElement(&id, &element)
	return id, err == nil && id != wholeBlob && len(id) <= maxBlockID
}

// azureErrorOf returns the Blob Storage code of an error.
func azureErrorOf(err error) *azureError {
	if e, ok := errors.AsType[*azureError](err); ok {
		return e
	}
	if e, ok := errors.AsType[*ReplyError](err); ok {
		return &azureError{e.Status, "OperationFailed"}
	}
	switch {
	case errors.Is(err, store.ErrNotFound):
		return &azureError{http.StatusNotFound, "BlobNotFound"}
	case errors.Is(err, store.ErrExists):
		return errBlobFinished
	case errors.Is(err, store.ErrUnknownBlock):
		return &azureError{http.StatusBadRequest, "InvalidBlockList"}
	case errors.Is(err, store.ErrTooLarge), errors.Is(err, store.ErrNoRoom):
		return &azureError{http.StatusRequestEntityTooLarge, "RequestBodyTooLarge"}
	case errors.Is(err, store.ErrSize), errors.Is(err, errBody):
		return &azureError{http.StatusBadRequest, "IncompleteBody"}
	}
	return &azureError{failureStatus(err), "InternalError"}
}
