package bkcache

import "time"

// Node is a layer in the tree of an index. Its children are the layers on top of
// it.
type Node struct {
	Layer
	MediaType string
	Created   time.Time // zero where the image gave no time
	// Records holds the digests of the cache keys that resolve to this layer
	// with all layers below it, in the order of the index.
	Records  []string
	Children []*Node
}

// Tree returns the layers without a parent, each with the layers above it, in the
// order of the index. A blob with several parents appears under each of them.
// Records without a layer do not appear.
func (x *Index) Tree() []*Node {
	nodes := make([]*Node, len(x.config.Layers))
	for i, l := range x.config.Layers {
		nodes[i] = &Node{
			Layer:     Layer{Digest: l.Blob.String(), Size: l.Annotations.Size},
			MediaType: l.Annotations.MediaType,
			Created:   l.Annotations.CreatedAt,
		}
	}
	for _, r := range x.config.Records {
		for _, result := range r.Results {
			n := nodes[result.LayerIndex]
			n.Records = append(n.Records, r.Digest.String())
		}
		// The layers of a chain count without their parents; the last is the result.
		for _, chain := range r.ChainedResults {
			if len(chain.LayerIndexes) == 0 {
				continue
			}
			n := nodes[chain.LayerIndexes[len(chain.LayerIndexes)-1]]
			n.Records = append(n.Records, r.Digest.String())
		}
	}
	var roots []*Node
	for i, l := range x.config.Layers {
		if l.ParentIndex == noParent {
			roots = append(roots, nodes[i])
			continue
		}
		parent := nodes[l.ParentIndex]
		parent.Children = append(parent.Children, nodes[i])
	}
	return roots
}
