package localcache

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/docker-ghacache/docker-ghacache/internal/atomicfile"
	"github.com/docker-ghacache/docker-ghacache/internal/reclaim"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// Execute deletes what the plan deletes, as far as a new plan of the same policy deletes it as
// well. What a build has come to need since then is counted as needed. The caller is alone in
// the folder, see [Presence.Alone]. If ctx ends, the rest is skipped, and the error is its
// cause.
func (p *Plan) Execute(ctx context.Context) (result reclaim.Result, err error) {
	if err := finish(ctx, p.layout.dir); err != nil {
		return result, err
	}
	for try, done := 1, false; !done; try++ {
		if result, done, err = p.attempt(ctx, try > maxTries); err != nil {
			return result, err
		}
	}
	return result, emptyTrash(p.layout.dir)
}

// maxTries is how often builds may write index.json between plan and lock, before the plan is
// made under the lock.
const maxTries = 3

// attempt makes a fresh plan, and executes it unless a build has written index.json meanwhile.
func (p *Plan) attempt(ctx context.Context, locked bool) (result reclaim.Result, done bool, err error) {
	fresh, err := p.again()
	if err != nil {
		return result, false, err
	}
	unlock, err := lockIndex(ctx, p.layout.dir)
	if err != nil {
		return result, false, err
	}
	defer unlock()
	if locked {
		if fresh, err = p.again(); err != nil {
			return result, false, err
		}
	}
	return p.take(ctx, fresh)
}

// take takes everything out of the cache, under the lock, and unless a build has written
// index.json since the fresh plan was made.
func (p *Plan) take(ctx context.Context, fresh *Plan) (result reclaim.Result, done bool, err error) {
	index, err := readIndex(p.layout.dir)
	if err != nil || !bytes.Equal(index, fresh.layout.index) {
		return result, false, err
	}
	index, err = fresh.writeIndex()
	if err != nil {
		return result, false, fmt.Errorf("writing the index of the local cache: %w", err)
	}
	failed, err := p.takeFiles(ctx, fresh)
	// BuildKit's lock does not exclude everybody, because its file is removed after it is
	// unlocked. Who has written meanwhile gets back what he references.
	if written, readErr := readIndex(p.layout.dir); readErr != nil || !bytes.Equal(written, index) {
		err = errors.Join(err, readErr, putBack(p.layout.dir))
	}
	return p.tally(fresh, failed), true, err
}

// again is the plan for what the folder has now. The same tags go, except those that a
// build has written since.
func (p *Plan) again() (*Plan, error) {
	now, err := Read(p.layout.dir)
	if err != nil {
		return nil, err
	}
	fresh := &Plan{layout: now, policy: p.policy, at: p.at}
	fresh.settle(p.deletesTag)
	return fresh, nil
}

// deletesTag reports whether the plan deletes a tag, as it is.
func (p *Plan) deletesTag(t *tag) bool {
	for i := range p.layout.tags {
		if p.gone[i] && bytes.Equal(p.layout.tags[i].raw, t.raw) {
			return true
		}
	}
	return false
}

// writeIndex writes and returns index.json without the tags that go.
func (p *Plan) writeIndex() (index []byte, err error) {
	manifests := []json.RawMessage{}
	for i := range p.layout.tags {
		if !p.gone[i] {
			manifests = append(manifests, p.layout.tags[i].raw)
		}
	}
	if len(manifests) == len(p.layout.tags) {
		return p.layout.index, nil
	}
	whole := map[string]json.RawMessage{} // with all fields, known or not
	if err := json.Unmarshal(p.layout.index, &whole); err != nil {
		return nil, err
	}
	if whole["manifests"], err = json.Marshal(manifests); err != nil {
		return nil, err
	}
	if index, err = json.Marshal(whole); err != nil {
		return nil, err
	}
	return index, atomicfile.Replace(filepath.Join(p.layout.dir, ocispecs.ImageIndexFile), index)
}

// errSkipped is why a file stays that was not reached.
var errSkipped = errors.New("not reached")

// takeFiles moves the files that both plans delete into the trash. It returns why that
// failed, by digest.
func (p *Plan) takeFiles(ctx context.Context, fresh *Plan) (failed map[string]error, err error) {
	failed = map[string]error{}
	for i := range p.files {
		f := &p.layout.files[i]
		if p.files[i].Decision != reclaim.Delete || !fresh.deletes(f.digest) {
			continue
		}
		if ctx.Err() != nil {
			failed[f.digest] = errSkipped
		} else if err := discard(p.layout.dir, f.path); err != nil {
			failed[f.digest] = ownerHint(fmt.Errorf("deleting from the local cache: %w", err), p.layout.dir)
		}
	}
	return failed, context.Cause(ctx)
}

// deletes reports whether the plan deletes a file, or the file is not there.
func (p *Plan) deletes(digest string) bool {
	i, there := p.places[digest]
	return !there || p.files[i].Decision == reclaim.Delete
}

// tally says what became of what the plan was to delete.
func (p *Plan) tally(fresh *Plan, failed map[string]error) (result reclaim.Result) {
	reasons, needed := map[int64]error{}, map[int64]bool{}
	for i := range p.files {
		f := &p.layout.files[i]
		if err := failed[f.digest]; err != nil {
			reasons[f.item] = err
		}
		needed[f.item] = needed[f.item] || p.deletes(f.digest) && !fresh.deletes(f.digest)
	}
	for v := range p.Deletions() {
		sum := &result.Deleted
		switch err := reasons[v.ID]; {
		case errors.Is(err, errSkipped):
			sum = &result.Skipped
		case err != nil:
			sum = &result.Failed
			result.Failures = append(result.Failures, reclaim.Failure{Verdict: v, Err: err})
		case needed[v.ID]:
			sum = &result.Needed
		}
		sum.Count++
		sum.Bytes += v.Size
	}
	return result
}
