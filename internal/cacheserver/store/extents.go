package store

import (
	"cmp"
	"slices"
)

// extent is a range of bytes: of the file for blocks, of the content for chunks.
type extent struct {
	Off int64 `json:"off"`
	N   int64 `json:"n"`
}

func (e extent) end() int64 { return e.Off + e.N }

// join appends e to the content, and merges it with an extent that it continues.
func join(content []extent, e extent) []extent {
	if last := len(content) - 1; last >= 0 && content[last].end() == e.Off {
		content[last].N += e.N
		return content
	}
	if e.N == 0 {
		return content
	}
	return append(content, e)
}

// cover adds e to the extents that have arrived. The result is sorted, and adjacent extents are merged.
func cover(arrived []extent, e extent) []extent {
	arrived = append(uncover(arrived, e), e)
	slices.SortFunc(arrived, func(a, b extent) int { return cmp.Compare(a.Off, b.Off) })
	var merged []extent
	for _, x := range arrived {
		merged = join(merged, x)
	}
	return merged
}

// uncover removes e from the extents that have arrived.
func uncover(arrived []extent, e extent) []extent {
	var rest []extent
	for _, x := range arrived {
		if left := min(x.end(), e.Off) - x.Off; left > 0 {
			rest = append(rest, extent{x.Off, left})
		}
		if right := x.end() - max(x.Off, e.end()); right > 0 {
			rest = append(rest, extent{x.end() - right, right})
		}
	}
	return rest
}

func total(content []extent) (n int64) {
	for _, e := range content {
		n += e.N
	}
	return n
}

// fileSize is the length of the file with the content.
func fileSize(content []extent) (size int64) {
	for _, e := range content {
		size = max(size, e.end())
	}
	return size
}

// An extent beyond the first few counts for runCost bytes. So the extents of all entries, which are in memory, take no more than
// a sixtieth of the limit.
const (
	runCost  = 1 << 10
	freeRuns = 16
)

// cost is what content counts for: its bytes, or its file if that is larger, and the extents that it is scattered in.
func cost(content []extent) int64 {
	return max(total(content), fileSize(content)) + runCost*int64(max(0, len(content)-freeRuns))
}
