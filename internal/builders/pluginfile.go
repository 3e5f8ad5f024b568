package builders

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"github.com/docker/cli/cli/config"
	"github.com/docker/cli/cli/config/configfile"
)

// pluginFile finds the file that docker would take for a plugin. It does not run
// the plugin, as docker's plugin manager does. The identity changes with the
// file. Both are empty where there is none.
func pluginFile(cfg *configfile.ConfigFile, name string) (path, identity string) {
	suffix := ""
	if runtime.GOOS == "windows" {
		suffix = ".exe"
	}
	for _, dir := range pluginDirs(cfg) {
		path := filepath.Join(dir, name+suffix)
		if info, err := os.Lstat(path); err != nil || info.Mode().Type()&^fs.ModeSymlink != 0 {
			continue // docker takes files and links only
		}
		target, err := filepath.EvalSymlinks(path)
		if err != nil {
			continue // a broken link, which docker skips too
		}
		info, err := os.Stat(target)
		if err != nil {
			continue
		}
		return path, fmt.Sprintf("%s %s %d %d", path, target, info.Size(), info.ModTime().UnixNano())
	}
	return "", ""
}

// pluginDirs are the folders in which docker looks for plugins, in its order
// (cli-plugins/manager).
func pluginDirs(cfg *configfile.ConfigFile) []string {
	var dirs []string
	if cfg != nil {
		dirs = slices.Clone(cfg.CLIPluginsExtraDirs)
	}
	dirs = append(dirs, filepath.Join(config.Dir(), "cli-plugins"))
	if runtime.GOOS == "windows" {
		return append(dirs, filepath.Join(os.Getenv("ProgramFiles"), "Docker", "cli-plugins"))
	}
	return append(dirs, "/usr/local/lib/docker/cli-plugins", "/usr/local/libexec/docker/cli-plugins",
		"/usr/lib/docker/cli-plugins", "/usr/libexec/docker/cli-plugins")
}
