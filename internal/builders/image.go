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
	repository, _, _ := strings.Cut(image, "@")
	tag := ""
	if i := strings.LastIndex(repository, ":"); i > strings.LastIndex(repository, "/") {
		repository, tag = repository[:i], repository[i+1:]
	}
	repository = strings.TrimPrefix(repository, "docker.io/")
	if repository != "moby/buildkit" && !strings.HasSuffix(repository, "/moby/buildkit") {
		return "", hint.With(fmt.Errorf("its image %s is not moby/buildkit, and nothing tells which of its tags is newer", image),
			"docker buildx rm --keep-state NAME\ndocker buildx create --name NAME --driver docker-container --driver-opt image=IMAGE")
	}
	if strings.HasSuffix(tag, "rootless") {
		return repository + ":" + stableTag + "-rootless", nil
	}
	return repository + ":" + stableTag, nil
}
