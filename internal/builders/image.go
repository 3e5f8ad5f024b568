package builders

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker/buildx/store"
)

// stableTag moves along with the BuildKit releases that buildx trusts.
const stableTag = "buildx-stable-1"

// defaultImage is buildx's.
const defaultImage = "moby/buildkit:" + stableTag

// renewed is a group whose nodes are not pinned to a version. It shares all else
// with the given one: [store.NodeGroup.Copy] loses flags, files and platforms.
func renewed(was *store.NodeGroup) (*store.NodeGroup, error) {
	now := *was
	now.Nodes = slices.Clone(was.Nodes)
	for i := range now.Nodes {
		n := &now.Nodes[i]
		image, pinned := n.DriverOpts["image"]
		if !pinned {
			continue
		}
		moving, err := movingImage(image)
		if err != nil {
			return nil, fmt.Errorf("upgrading node %q: %w", n.Name, err)
		}
		n.DriverOpts = maps.Clone(n.DriverOpts)
		if n.DriverOpts["image"] = moving; moving == defaultImage {
			delete(n.DriverOpts, "image")
		}
	}
	return &now, nil
}

// movingImage is the image of the newest BuildKit beside a pinned one, in the same
// registry and variant.
func movingImage(image string) (string, error) {
	repository, tag, ok := official(image)
	if !ok {
		return "", hint.With(fmt.Errorf("its image %s is not moby/buildkit, and nothing tells which of its tags is newer", image),
			"docker buildx rm --keep-state NAME\ndocker buildx create --name NAME --driver docker-container --driver-opt image=IMAGE")
	}
	if strings.HasSuffix(tag, "rootless") {
		return repository + ":" + stableTag + "-rootless", nil
	}
	return repository + ":" + stableTag, nil
}

// ImageVersion is the version in the tag of an image of BuildKit, empty for a tag that
// moves, no tag, and an image of somebody else's.
func ImageVersion(image string) string {
	_, tag, ok := official(image)
	if tag = strings.TrimSuffix(tag, "-rootless"); !ok || !strings.HasPrefix(tag, "v") {
		return ""
	}
	return tag
}

// official takes an image apart without its digest, and says whether it is moby/buildkit
// or a mirror's copy of it.
func official(image string) (repository, tag string, ok bool) {
	repository, _, _ = strings.Cut(image, "@")
	if i := strings.LastIndex(repository, ":"); i > strings.LastIndex(repository, "/") {
		repository, tag = repository[:i], repository[i+1:]
	}
	repository = strings.TrimPrefix(repository, "docker.io/")
	return repository, tag, repository == "moby/buildkit" || strings.HasSuffix(repository, "/moby/buildkit")
}
