package source

import "testing"

func TestFilesAreToldByTheirContent(t *testing.T) {
	for _, tt := range []struct {
		name, path, content string
		want                Kind
	}{
		{"jobs make a workflow", "ci.yml", "on: push\njobs:\n  a: {}\n", Workflow},
		{"runs make an action", "x.yaml", "name: x\nruns:\n  using: composite\n", Action},
		{"services make a compose file", "stack.yml", "services:\n  a: {}\n", Compose},
		{"target makes a bake file", "images.json", "{\n  \"target\": {}\n}\n", JSON},
		{"a service that is called jobs is no workflow", "stack.yml", "services:\n  jobs:\n    image: x\n  target:\n    image: y\n", Compose},
		{"a job that is called services is no compose file", "ci.yml", "jobs:\n  services:\n    runs-on: x\n  runs:\n    runs-on: x\n", Workflow},
		{"of two sections the first one tells", "x.yml", "runs: {}\ntarget: {}\nservices: {}\njobs: {}\n", Action},
		{"a first line tells a script", "build", "#!/bin/sh\njobs:\n", Shell},
		{"a page is not judged", "notes.md", "jobs:\n", None},
		{"other YAML is not judged", "values.yaml", "image: x\n", None},
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

func TestMakefilesHaveManyNames(t *testing.T) {
	for _, name := range []string{"Makefile", "makefile", "GNUmakefile", "Makefile.ci", "Makefile-docker", "Makefile_dev", "rules.mk", "common.mak", "build.make", "docker.makefile", "Common.Makefile"} {
		if got := kindByPath("ci/" + name); got != Make {
			t.Errorf("%s is of kind %d", name, got)
		}
	}
	for _, name := range []string{"makefiles", "maker.txt", "x.makes", "mk"} {
		if got := kindByPath("ci/" + name); got != None {
			t.Errorf("%s is of kind %d", name, got)
		}
	}
}
