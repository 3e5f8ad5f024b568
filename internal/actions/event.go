package actions

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
)

// DefaultBranch is the name of the repository's default branch, such as main. It is in
// the event that started the workflow. The error says why it is not known.
func (r Job) DefaultBranch() (string, error) {
	if r.EventFile == "" {
		return "", errors.New("GITHUB_EVENT_PATH is not set")
	}
	data, err := os.ReadFile(r.EventFile)
	if err != nil {
		return "", fmt.Errorf("reading the event of the workflow: %w", err)
	}
	var event struct {
		Repository struct {
			DefaultBranch string `json:"default_branch"`
		} `json:"repository"`
	}
	if err := json.Unmarshal(data, &event); err != nil {
		return "", fmt.Errorf("reading the event of the workflow in %s: %w", r.EventFile, err)
	}
	if event.Repository.DefaultBranch == "" {
		return "", fmt.Errorf("the event of the workflow in %s does not tell the default branch", r.EventFile)
	}
	return event.Repository.DefaultBranch, nil
}
