package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// check installs the packages of this machine's architecture into empty roots, and runs what they installed.
func check(ctx context.Context, dist string) error {
	if runtime.GOOS != "linux" {
		return errors.New("checking packages needs Linux")
	}
	if err := command(ctx, nil, "sh", "-c", `cd "$1" && sha256sum --check --quiet --strict checksums.txt`, "sh", dist); err != nil {
		return err
	}
	p, err := inspect(filepath.Join(dist, assetName("linux/"+runtime.GOARCH)))
	if err != nil {
		return err
	}
	for name, install := range map[string]func(ctx context.Context, dist, root string) (string, error){
		"deb": installDeb, "rpm": installRPM, "install.sh": installScript, "gh extension": installExtension,
	} {
		root, err := os.MkdirTemp("", "ghacache-root-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(root)
		path, err := install(ctx, dist, root)
		if err != nil {
			return fmt.Errorf("installing the %s: %w", name, err)
		}
		out, err := output(ctx, path, "version")
		if err != nil {
			return err
		}
		if !strings.Contains(out, p.version) {
			return fmt.Errorf("the program that the %s installed says %q, and is %s", name, out, p.version)
		}
		if strings.HasSuffix(path, packaged) {
			if err := checkManual(root); err != nil {
				return fmt.Errorf("the %s: %w", name, err)
			}
		}
		fmt.Printf("%-13s %s\n", name, out)
	}
	return nil
}

// packaged is where packages put the program.
const packaged = "usr/libexec/docker/cli-plugins/docker-ghacache"

// checkManual looks for the man pages of a package.
func checkManual(root string) error {
	pages, err := filepath.Glob(filepath.Join(root, "usr/share/man/man1/docker-ghacache*.1"))
	if err != nil || len(pages) < 10 {
		return errors.Join(err, fmt.Errorf("it has %d man pages", len(pages)))
	}
	return nil
}

func onlyFile(pattern string) (string, error) {
	found, err := filepath.Glob(pattern)
	if err != nil || len(found) != 1 {
		return "", errors.Join(err, fmt.Errorf("%d files are %s", len(found), pattern))
	}
	return filepath.Abs(found[0])
}

func installDeb(ctx context.Context, dist, root string) (string, error) {
	file, err := onlyFile(filepath.Join(dist, "*_"+runtime.GOARCH+".deb"))
	if err != nil {
		return "", err
	}
	for _, folder := range []string{"var/lib/dpkg/info", "var/lib/dpkg/updates", "var/log"} {
		if err := os.MkdirAll(filepath.Join(root, folder), 0o755); err != nil {
			return "", err
		}
	}
	if err := os.WriteFile(filepath.Join(root, "var/lib/dpkg/status"), nil, 0o644); err != nil {
		return "", err
	}
	return filepath.Join(root, packaged), command(ctx, nil, "dpkg", "--root="+root, "--install", file)
}

func installRPM(ctx context.Context, dist, root string) (string, error) {
	if _, err := exec.LookPath("rpm"); err != nil {
		return "", fmt.Errorf("%w: apt-get install rpm", err)
	}
	arch := map[string]string{"amd64": "x86_64", "arm64": "aarch64"}[runtime.GOARCH]
	file, err := onlyFile(filepath.Join(dist, "*."+arch+".rpm"))
	if err != nil {
		return "", err
	}
	// The package is not signed. rpm compares the digests in it.
	return filepath.Join(root, packaged), command(ctx, nil, "rpm", "--root", root, "--install", "--nodeps", "--noscripts", "--ignoreos", file)
}

// installScript runs install.sh as a user with an empty home would.
func installScript(ctx context.Context, dist, root string) (string, error) {
	mirror := filepath.Join(root, "mirror/latest")
	if err := os.MkdirAll(mirror, 0o755); err != nil {
		return "", err
	}
	from, err := filepath.Abs(dist)
	if err != nil {
		return "", err
	}
	if err := os.Symlink(from, filepath.Join(mirror, "download")); err != nil {
		return "", err
	}
	env := []string{"HOME=" + root, "DOCKER_CONFIG=", "GHACACHE_RELEASES=file://" + filepath.Join(root, "mirror")}
	return filepath.Join(root, ".docker/cli-plugins/docker-ghacache"), command(ctx, env, "sh", "hack/install.sh")
}

// installExtension does what gh does: it takes the file that ends with the platform, and stores it under the extension's name.
func installExtension(ctx context.Context, dist, root string) (string, error) {
	file, err := onlyFile(filepath.Join(dist, "gh-ghacache", "*linux-"+runtime.GOARCH))
	if err != nil {
		return "", err
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	path := filepath.Join(root, "gh-ghacache")
	if err := os.WriteFile(path, data, 0o755); err != nil {
		return "", err
	}
	help, err := output(ctx, path, "ls", "--help")
	if err == nil && !strings.Contains(help, "gh ghacache ls [OPTIONS]") {
		err = fmt.Errorf("its help is that of another program: %s", help)
	}
	return path, err
}
