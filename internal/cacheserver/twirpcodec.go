package cacheserver

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
)

// cacheService is results/api/v1/cache.proto of actions/toolkit without the field metadata (1), which no client
// sends.
const cacheService = `
name: "results/api/v1/cache.proto" package: "github.actions.results.api.v1" syntax: "proto3"
message_type { name: "CreateCacheEntryRequest"
  field { name: "key" number: 2 type: TYPE_STRING label: LABEL_OPTIONAL }
  field { name: "version" number: 3 type: TYPE_STRING label: LABEL_OPTIONAL } }
message_type { name: "CreateCacheEntryResponse"
  field { name: "ok" number: 1 type: TYPE_BOOL label: LABEL_OPTIONAL }
  field { name: "signed_upload_url" number: 2 type: TYPE_STRING label: LABEL_OPTIONAL }
  field { name: "message" number: 3 type: TYPE_STRING label: LABEL_OPTIONAL } }
message_type { name: "FinalizeCacheEntryUploadRequest"
  field { name: "key" number: 2 type: TYPE_STRING label: LABEL_OPTIONAL }
  field { name: "size_bytes" number: 3 type: TYPE_INT64 label: LABEL_OPTIONAL }
  field { name: "version" number: 4 type: TYPE_STRING label: LABEL_OPTIONAL } }
message_type { name: "FinalizeCacheEntryUploadResponse"
  field { name: "ok" number: 1 type: TYPE_BOOL label: LABEL_OPTIONAL }
  field { name: "entry_id" number: 2 type: TYPE_INT64 label: LABEL_OPTIONAL }
  field { name: "message" number: 3 type: TYPE_STRING label: LABEL_OPTIONAL } }
message_type { name: "GetCacheEntryDownloadURLRequest"
  field { name: "key" number: 2 type: TYPE_STRING label: LABEL_OPTIONAL }
  field { name: "restore_keys" number: 3 type: TYPE_STRING label: LABEL_REPEATED }
  field { name: "version" number: 4 type: TYPE_STRING label: LABEL_OPTIONAL } }
message_type { name: "GetCacheEntryDownloadURLResponse"
  field { name: "ok" number: 1 type: TYPE_BOOL label: LABEL_OPTIONAL }
  field { name: "signed_download_url" number: 2 type: TYPE_STRING label: LABEL_OPTIONAL }
  field { name: "matched_key" number: 3 type: TYPE_STRING label: LABEL_OPTIONAL } }
service { name: "CacheService"
  method { name: "CreateCacheEntry"
    input_type: ".github.actions.results.api.v1.CreateCacheEntryRequest"
    output_type: ".github.actions.results.api.v1.CreateCacheEntryResponse" }
  method { name: "FinalizeCacheEntryUpload"
    input_type: ".github.actions.results.api.v1.FinalizeCacheEntryUploadRequest"
    output_type: ".github.actions.results.api.v1.FinalizeCacheEntryUploadResponse" }
  method { name: "GetCacheEntryDownloadURL"
    input_type: ".github.actions.results.api.v1.GetCacheEntryDownloadURLRequest"
    output_type: ".github.actions.results.api.v1.GetCacheEntryDownloadURLResponse" } }`

func cacheServiceMethods() (protoreflect.MethodDescriptors, error) {
	var file descriptorpb.FileDescriptorProto
	if err := prototext.Unmarshal([]byte(cacheService), &file); err != nil {
		return nil, fmt.Errorf("reading the description of the cache service: %w", err)
	}
	desc, err := protodesc.NewFile(&file, nil)
	if err != nil {
		return nil, fmt.Errorf("reading the description of the cache service: %w", err)
	}
	return desc.Services().Get(0).Methods(), nil
}

// codec is a content type of Twirp.
type codec struct {
	contentType string
	unmarshal   func([]byte, proto.Message) error
	marshal     func(proto.Message) ([]byte, error)
}

// codecFor accepts snake_case and camelCase, and 64-bit numbers as strings and as numbers. JSON replies are in
// snake_case, like Twirp's.
func codecFor(contentType string) (codec, bool) {
	switch contentType {
	case "application/json":
		return codec{
			contentType,
			protojson.UnmarshalOptions{DiscardUnknown: true}.Unmarshal,
			protojson.MarshalOptions{UseProtoNames: true, EmitUnpopulated: true}.Marshal,
		}, true
	case "application/protobuf":
		return codec{contentType, proto.UnmarshalOptions{DiscardUnknown: true}.Unmarshal, proto.Marshal}, true
	}
	return codec{}, false
}

// message accesses fields by their names in cacheService.
type message struct{ *dynamicpb.Message }

func (m message) field(name protoreflect.Name) protoreflect.FieldDescriptor {
	return m.Descriptor().Fields().ByName(name)
}

func (m message) text(name protoreflect.Name) string  { return m.Get(m.field(name)).String() }
func (m message) number(name protoreflect.Name) int64 { return m.Get(m.field(name)).Int() }

func (m message) texts(name protoreflect.Name) (texts []string) {
	list := m.Get(m.field(name)).List()
	for i := range list.Len() {
		texts = append(texts, list.Get(i).String())
	}
	return texts
}

func (m message) set(name protoreflect.Name, v any) {
	m.Set(m.field(name), protoreflect.ValueOf(v))
}
