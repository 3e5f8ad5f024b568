package report

import (
	"io"
	"path/filepath"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/migrate"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/rules"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
)

type sarifMessage struct {
	Text string `json:"text"`
}

type sarifArtifact struct {
	URI string `json:"uri"`
}

type sarifRegion struct {
	StartLine   int  `json:"startLine,omitempty"`
	StartColumn int  `json:"startColumn,omitempty"`
	ByteOffset  *int `json:"byteOffset,omitempty"`
	ByteLength  *int `json:"byteLength,omitempty"`
}

type sarifLocation struct {
	Physical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   *sarifRegion  `json:"region,omitempty"`
	} `json:"physicalLocation"`
}

type sarifReplacement struct {
	Deleted  sarifRegion  `json:"deletedRegion"`
	Inserted sarifMessage `json:"insertedContent"`
}

type sarifChange struct {
	Artifact     sarifArtifact      `json:"artifactLocation"`
	Replacements []sarifReplacement `json:"replacements"`
}

type sarifFix struct {
	Description sarifMessage    `json:"description"`
	Changes     []sarifChange   `json:"artifactChanges"`
	Properties  sarifProperties `json:"properties"`
}

type sarifResult struct {
	RuleID    string          `json:"ruleId"`
	Level     string          `json:"level"`
	Message   sarifMessage    `json:"message"`
	Locations []sarifLocation `json:"locations"`
	Fixes     []sarifFix      `json:"fixes,omitempty"`
}

type sarifRule struct {
	ID    string       `json:"id"`
	Short sarifMessage `json:"shortDescription"`
}

type sarifDriver struct {
	Name    string      `json:"name"`
	Version string      `json:"version,omitempty"`
	Rules   []sarifRule `json:"rules"`
}

type sarifRun struct {
	Tool struct {
		Driver sarifDriver `json:"driver"`
	} `json:"tool"`
	Invocations []sarifInvocation `json:"invocations"`
	ColumnKind  string            `json:"columnKind"`
	Results     []sarifResult     `json:"results"`
}

type sarifLog struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

// SARIF writes the findings as a SARIF 2.1.0 log of a tool with that name and
// version. Edits are the log's fixes.
func SARIF(w io.Writer, r migrate.Report, name, version string) error {
	run := sarifRun{Invocations: []sarifInvocation{invocationOf(r)}, ColumnKind: "unicodeCodePoints", Results: []sarifResult{}}
	run.Tool.Driver = sarifDriver{Name: name, Version: version}
	for _, rule := range rules.All() {
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{rule.ID, sarifMessage{rule.Text}})
	}
	for _, fd := range r.Findings {
		run.Results = append(run.Results, resultOf(fd))
	}
	return ui.WriteIndentedJSON(w, sarifLog{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0", []sarifRun{run}})
}

// message is a text without links, which SARIF has in plain text (3.11.6).
func message(text string) sarifMessage {
	return sarifMessage{strings.ReplaceAll(ui.Line(text), "](", "] (")}
}

func resultOf(fd migrate.Finding) sarifResult {
	file := sarifArtifact{filepath.ToSlash(fd.File)}
	var at sarifLocation
	at.Physical.Artifact, at.Physical.Region = file, &sarifRegion{StartLine: fd.Line, StartColumn: fd.Col}
	out := sarifResult{
		RuleID:    fd.Rule,
		Level:     map[rules.Certainty]string{rules.Certain: "error", rules.Conditional: "warning", rules.Advice: "note"}[fd.Certainty],
		Message:   message(fd.Text + ": " + fd.Why),
		Locations: []sarifLocation{at},
	}
	if len(fd.Edits) == 0 {
		return out
	}
	change := sarifChange{Artifact: file}
	for _, e := range fd.Edits {
		length := e.End - e.Start
		change.Replacements = append(change.Replacements,
			sarifReplacement{sarifRegion{ByteOffset: &e.Start, ByteLength: &length}, sarifMessage{e.New}})
	}
	description := fd.Fix
	if !fd.Safe {
		description += " (unsafe: review it)"
	}
	out.Fixes = []sarifFix{{message(description), []sarifChange{change}, sarifProperties{fd.Safe}}}
	return out
}
