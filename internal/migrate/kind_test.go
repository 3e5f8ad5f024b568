package migrate

import "testing"

func TestFilesAreToldByTheirContent(t *testing.T) {
	for _, tt := range []struct {
		name, path, content string
		want                kind
	}{
		{"jobs make a workflow", "ci.yml", "on: push\njobs:\n  a: {}\n", kindWorkflow},
		{"runs make an action", "x.yaml", "name: x\nruns:\n  using: composite\n", kindAction},
		{"services make a compose file", "stack.yml", "services:\n  a: {}\n", kindCompose},
		{"target makes a bake file", "images.json", "{\n  \"target\": {}\n}\n", kindJSON},
		{"a service that is called jobs is no workflow", "stack.yml", "services:\n  jobs:\n    image: x\n  target:\n    image: y\n", kindCompose},
		{"a job that is called services is no compose file", "ci.yml", "jobs:\n  services:\n    runs-on: x\n  runs:\n    runs-on: x\n", kindWorkflow},
		{"of two sections the first one tells", "x.yml", "runs: {}\ntarget: {}\nservices: {}\njobs: {}\n", kindAction},
		{"a first line tells a script", "build", "#!/bin/sh\njobs:\n", kindShell},
		{"a page is not judged", "notes.md", "jobs:\n", kindNone},
		{"other YAML is not judged", "values.yaml", "image: x\n", kindNone},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for range 50 { // the answer is the same every time
				if got := kindByContent(tt.path, []byte(tt.content)); got != tt.want {
					t.Fatalf("got %d, want %d", got, tt.want)
				}
			}
		})
	}
}
