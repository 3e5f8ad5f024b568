package report

import (
	"path/filepath"

	"github.com/docker-ghacache/docker-ghacache/internal/migrate"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
)

// sarifProperties is a bag of properties. SARIF leaves its keys to the tool.
type sarifProperties struct {
	Safe bool `json:"safe"`
}

type sarifNotification struct {
	Level     string          `json:"level"`
	Message   sarifMessage    `json:"message"`
	Locations []sarifLocation `json:"locations"`
}

type sarifInvocation struct {
	Successful    bool                `json:"executionSuccessful"`
	Notifications []sarifNotification `json:"toolExecutionNotifications,omitempty"`
}

// invocationOf reports the files that could not be read.
func invocationOf(r migrate.Report) sarifInvocation {
	out := sarifInvocation{Successful: true}
	for _, s := range r.Skipped {
		if !s.Failed {
			continue
		}
		var at sarifLocation
		at.Physical.Artifact.URI = filepath.ToSlash(s.File)
		out.Successful = false
		out.Notifications = append(out.Notifications, sarifNotification{"error", message(ui.Line(s.Why)), []sarifLocation{at}})
	}
	return out
}
