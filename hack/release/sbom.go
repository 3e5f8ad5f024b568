package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spdx/tools-golang/json"
	"github.com/spdx/tools-golang/spdx/v2/common"
	spdx "github.com/spdx/tools-golang/spdx/v2/v2_3"
)

// writeBills writes the list of the modules of each program, as Go recorded them in it, in SPDX 2.3.
func writeBills(ctx context.Context, dist string, programs []program) error {
	made, err := commitTime(ctx)
	if err != nil {
		return err
	}
	for _, p := range programs {
		if err := writeBill(filepath.Join(dist, p.name+".spdx.json"), p, made); err != nil {
			return fmt.Errorf("writing what %s is made of: %w", p.name, err)
		}
	}
	return nil
}

func writeBill(path string, p program, made time.Time) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := json.Write(bill(p, made), f, json.Indent("  ")); err != nil {
		return err
	}
	return f.Close()
}

func bill(p program, made time.Time) *spdx.Document {
	const none = "NOASSERTION"
	main := &spdx.Package{
		PackageName: "github.com/docker-ghacache/docker-ghacache", PackageVersion: p.version, PackageSPDXIdentifier: "program",
		PackageFileName: p.name, PackageDownloadLocation: downloads(p.version) + p.name, PrimaryPackagePurpose: "APPLICATION",
		PackageChecksums:       []common.Checksum{{Algorithm: common.SHA256, Value: p.sum}},
		PackageLicenseDeclared: "Apache-2.0", PackageLicenseConcluded: "Apache-2.0", PackageCopyrightText: none,
	}
	doc := &spdx.Document{
		SPDXVersion: spdx.Version, DataLicense: spdx.DataLicense, SPDXIdentifier: "DOCUMENT", DocumentName: p.name,
		DocumentNamespace: downloads(p.version) + p.name + ".spdx.json",
		CreationInfo: &spdx.CreationInfo{
			Created:  made.UTC().Format(time.RFC3339),
			Creators: []common.Creator{{CreatorType: "Tool", Creator: "docker-ghacache/hack/release"}},
		},
		Packages:      []*spdx.Package{main},
		Relationships: []*spdx.Relationship{{RefA: common.MakeDocElementID("", "DOCUMENT"), RefB: common.MakeDocElementID("", "program"), Relationship: "DESCRIBES"}},
	}
	for i, d := range p.dependencies {
		id := "module-" + strconv.Itoa(i+1)
		doc.Packages = append(doc.Packages, &spdx.Package{
			PackageName: d.Path, PackageVersion: d.Version, PackageSPDXIdentifier: common.ElementID(id), PackageDownloadLocation: none,
			PackageLicenseDeclared: none, PackageLicenseConcluded: none, PackageCopyrightText: none,
			PackageExternalReferences: []*spdx.PackageExternalReference{{Category: "PACKAGE-MANAGER", RefType: "purl", Locator: "pkg:golang/" + d.Path + "@" + d.Version}},
		})
		doc.Relationships = append(doc.Relationships, &spdx.Relationship{RefA: common.MakeDocElementID("", "program"), RefB: common.MakeDocElementID("", id), Relationship: "DEPENDS_ON"})
	}
	return doc
}

// commitTime is the time of everything in a release.
func commitTime(ctx context.Context) (time.Time, error) {
	text, err := output(ctx, "git", "log", "-1", "--format=%ct")
	if err != nil {
		return time.Time{}, err
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	return time.Unix(seconds, 0), err
}

func downloads(version string) string {
	return "https://github.com/docker-ghacache/docker-ghacache/releases/download/" + version + "/"
}
