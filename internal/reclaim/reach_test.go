package reclaim

// reachCases are about who could name blobs on which refs.
func reachCases() map[string]planCase {
	return map[string]planCase{
		"a pull request's unread index could name blobs of its base and the default branch, not of other branches": {
			func(b *builder) Policy {
				b.refs.Bases[pull1] = "refs/heads/release"
				b.index("a", pull1, 1, 9*day).read = false
				b.layer("orphan", pull1, 9*day)
				b.layer("orphan", "refs/heads/release", 9*day)
				b.layer("orphan", mainRef, 9*day)
				b.layer("orphan", feature, 9*day)
				return Policy{Grace: DefaultGrace}
			},
			map[string]string{
				"a#1 on " + pull1:              "keep: newest version",
				"orphan on " + pull1:           "unknown: " + string(IndexUnread),
				"orphan on refs/heads/release": "likely: unreferenced",
				"orphan on " + mainRef:         "likely: unreferenced",
				"orphan on " + feature:         "delete: unreferenced",
			},
		},
		"an unread index of a pull request whose base is not known could name every blob": {
			func(b *builder) Policy {
				b.index("a", pull1, 1, 9*day).read = false
				b.layer("orphan", feature, 9*day)
				return Policy{}
			},
			map[string]string{
				"a#1 on " + pull1: "keep: newest version", "orphan on " + feature: "unknown: " + string(IndexUnread),
			},
		},
		"a blob has a copy on a ref that nobody reads it from": {
			func(b *builder) Policy {
				b.index("a", mainRef, 1, 9*day, b.layer("base", mainRef, 9*day))
				b.layer("base", feature, 9*day)
				return Policy{}
			},
			map[string]string{
				"a#1 on " + mainRef: "keep: newest version", "base on " + mainRef: "keep: in use",
				"base on " + feature: "delete: unreferenced",
			},
		},
		"a blob on what is no full ref could be named by every index": {
			func(b *builder) Policy {
				b.index("a", mainRef, 1, 9*day, b.layer("base", "", 9*day), b.layer("top", "main", 9*day))
				b.layer("orphan", "main", 9*day)
				return Policy{}
			},
			map[string]string{
				"a#1 on " + mainRef: "keep: newest version", "base on ": "keep: in use", "top on main": "keep: in use",
				"orphan on main": "delete: unreferenced",
			},
		},
		"the last copy of what the default branch's index names stays where a job reads both": {
			func(b *builder) Policy {
				b.refs.Closed["refs/heads/gone"] = "the branch was deleted"
				b.index("a", mainRef, 1, 9*day, b.layer("base", feature, 9*day), b.layer("old", "refs/heads/gone", 9*day), b.layer("top", mainRef, 9*day))
				b.layer("top", feature, 9*day)
				return Policy{}
			},
			map[string]string{
				"a#1 on " + mainRef: "keep: newest version", "base on " + feature: "keep: in use", "old on refs/heads/gone": "delete: closed",
				"top on " + mainRef: "keep: in use", "top on " + feature: "delete: unreferenced",
			},
		},
		"an unread index of the default branch could name blobs on every open ref": {
			func(b *builder) Policy {
				b.refs.Closed["refs/heads/gone"] = "the branch was deleted"
				b.index("a", mainRef, 1, 9*day).read = false
				b.layer("orphan", feature, 9*day)
				b.layer("orphan", "refs/heads/gone", 9*day)
				return Policy{}
			},
			map[string]string{
				"a#1 on " + mainRef: "keep: newest version", "orphan on " + feature: "likely: unreferenced",
				"orphan on refs/heads/gone": "delete: closed",
			},
		},
		"an entry of a merge queue sees the branch that it is named after": {
			func(b *builder) Policy {
				queued := "refs/heads/gh-readonly-queue/release/1.x/pr-7-0a1b"
				b.index("a", queued, 1, 9*day).read = false
				b.layer("orphan", "refs/heads/release/1.x", 9*day)
				b.layer("orphan", feature, 9*day)
				return Policy{}
			},
			map[string]string{
				"a#1 on refs/heads/gh-readonly-queue/release/1.x/pr-7-0a1b": "keep: newest version",
				"orphan on refs/heads/release/1.x":                          "likely: unreferenced",
				"orphan on " + feature:                                      "delete: unreferenced",
			},
		},
	}
}
