package migrate

import (
	"fmt"

	"github.com/docker-ghacache/docker-ghacache/internal/migrate/rules"
)

// settle keeps the findings that matter to the service, and removes edits if the
// service is unknown.
func settle(findings []rules.Finding, service Service, why string) []rules.Finding {
	both := map[string]bool{}
	for _, r := range rules.All() {
		both[r.ID] = r.Any
	}
	out := findings[:0]
	var left *rules.Finding
	count := 0
	for _, fd := range findings {
		switch {
		case fd.Rule == rules.V1Service:
			if service == ServiceV1 {
				out = append(out, fd)
			}
			continue
		case both[fd.Rule] || service == ServiceV2:
		case service == ServiceV1:
			if count++; left == nil {
				left = &fd
			}
			continue
		case len(fd.Edits) > 0:
			withhold(&fd, why+"; set --service v1 or --service v2")
		}
		out = append(out, fd)
	}
	if left == nil {
		return out
	}
	return append(out, rules.Finding{
		Rule: rules.V1Service, Certainty: rules.Advice, Offset: left.Offset, Text: left.Text,
		Why: "this file needs version 1: " + why, NoFix: "nothing to do; " + stays(count),
	})
}

// stays says of how many places nothing is to do.
func stays(places int) string {
	if places == 1 {
		return "1 place that version 2 would change stays as it is"
	}
	return fmt.Sprintf("%d places that version 2 would change stay as they are", places)
}

// spare removes the edits that choose version 2 if act also runs the workflows,
// because act has version 1 only. A newer builder does no harm there.
func spare(findings []rules.Finding, act string) {
	for i := range findings {
		fd := &findings[i]
		if len(fd.Edits) > 0 && (fd.Rule == rules.CacheVersion || fd.Rule == rules.ServiceFlag) {
			withhold(fd, act+" shows that act runs these workflows, and act has version 1 only; --service v2 makes the edit anyway")
		}
	}
}
