package diagnose

// restCauses are those that GitHub's REST API reports.
func restCauses() []Cause {
	return []Cause{
		certain("rest-rate-limit", "GitHub's REST API accepts no more requests for now",
			bare, `/actions/caches?\b.*rate limit|rate limit.*/actions/caches?\b`, "gh api rate_limit", "permissions: {actions: read}   # and GITHUB_TOKEN: more than an anonymous caller has"),
		certain("rest-permission", "GitHub's REST API does not let the token see or delete the repository's caches",
			bare, `/actions/caches?\b.*(?:Resource not accessible by|Must have admin rights|Bad credentials|403 Forbidden)|(?:Resource not accessible by|Must have admin rights|Bad credentials).*/actions/caches?\b`,
			"permissions: {actions: write}   # read suffices to list", "gh auth status   # a token that has expired is refused too"),
		certain("rest-permission", "GitHub's REST API did not let the token delete the entry in which actions/stale keeps its state",
			said, `^Error delete _state: \[40[13]\] `, "permissions: {actions: write}").leadsTo("key-exists", "reserve-refused"),
		probable("rest-permission", "GitHub's REST API did not let the token delete an entry, so its key still exists",
			said, `(?i)\bdelet\w*\b.*\bResource not accessible by`,
			"permissions: {actions: write}", "gh auth status   # a token that has expired is refused too").leadsTo("key-exists", "reserve-refused").onlyThen(),
		probable("rest-listing", "BuildKit could not list the repository's caches with ghtoken",
			said, `^error initializing active key map: `, "leave ghtoken and repository out of the cache option", "permissions: {actions: read}"),
	}
}

// noSpace is how systems word a full disk, for an expression.
const noSpace = `(?:no space left on device|disk quota exceeded|disc quota exceeded|There is not enough space on the disk\.?)`

// unknownCause is that of an error of which only the place is known.
const unknownCause = "cache-step-failed"

// lastCauses are the general ones: they count only where nothing else explains the line.
func lastCauses() []Cause {
	return []Cause{
		certain("disk-full", "the disk of the builder is full",
			build, `\b\w+ (?:/var/lib/(?:docker|buildkit|containerd)|/tmp/(?:containerd-mount|buildkit))[^:]*: no space left on device$|[/\\](?:overlay2|vfs[/\\]dir|fuse-overlayfs|runc-\w+|io\.containerd\.[\w.-]+)[/\\][^:]*: no space left on device$|\bcopy file range failed: no space left on device$`,
			"docker buildx prune --max-used-space 10gb", "mode=min   # caches fewer layers", "df -h /var/lib/docker; df -i /var/lib/docker").commonly(),
		certain("disk-full", "the disk of the builder is full",
			bare, `\b\w+ /var/lib/buildkit/\S*: no space left on device$`, "docker buildx prune --max-used-space 10gb", "mode=min   # caches fewer layers", "df -h; df -i   # on the builder"),
		certain("disk-full", "the disk of the Docker Engine is full",
			bare, `^`+refused+`\w+ \S+[/\\]docker-builder\d+\S*: no space left on device$`, "docker system df", "docker system prune", "df -h; df -i   # where docker info says: Docker Root Dir"),
		probable("disk-full-somewhere", "a disk is full: the builder's, or that of the registry or folder that the image goes to",
			build, noSpace, "docker buildx du", "df -h; df -i   # on the builder, and where the image goes").commonly(),
		probable("disk-full-somewhere", "the disk of the Docker Engine, or of the builder, is full",
			bare, `^failed to (?:register layer|update builder last activity time): .*: `+noSpace+`|^\w+ \S*[/\\]\.docker[/\\]buildx[/\\]\S*: `+noSpace+`|\bwrite \S*[/\\]\.docker_temp_\d+: `+noSpace+`|(?:^|embedded daemon response: )(?:Error processing tar file\([^)]*\): |ApplyLayer exit status 1 .*)write .*: no space left on device$|^write \S*/GetImageBlob\d+: no space left on device$`,
			"docker system df", "docker buildx du", "df -h; df -i   # where docker info says: Docker Root Dir"),
		certain("disk-full-somewhere", "the disk on which the builder would run is full, so it did not start",
			bare, `^filled: $`, "docker system df", "docker system prune", "df -h; df -i   # where docker info says: Docker Root Dir").leadsTo("builder-not-started"),
		certain("disk-full-somewhere", "the disk of the runner is full: the archive of a cache entry, or what is in it, did not fit",
			bare, `^packing: `, "df -h; df -i   # on the runner, before the cache is restored and before it is saved", "path:   # fewer or smaller folders"),
		certain("disk-full-somewhere", "the disk of the runner is full: the archive of a cache entry, or what is in it, did not fit",
			said, toolkit+`(?:Error: )?(?:Cache upload failed because file read failed with )?(?:ENOSPC: no space left on device|EDQUOT: disk quota exceeded)`, "df -h; df -i   # on the runner, before the cache is restored and before it is saved", "path:   # fewer or smaller folders"),
		probable("builder-died", "BuildKit stopped during the build: it was stopped, ran out of memory, or crashed on a reply of the cache service",
			said, `^`+statusLost+`(?:rpc error: code = (?:Unavailable|Canceled desc = grpc: the client connection is closing|Unknown desc = (?:unexpected )?EOF|Internal desc = (?:stream terminated|server closed the stream|unexpected EOF))|Unavailable: |Canceled: grpc: the client connection is closing|Internal: (?:stream terminated|server closed the stream|unexpected EOF))`,
			"docker logs buildx_buildkit_NAME0", "update the cache server: BuildKit needs x-ms-request-id on every blob reply", ignoreError),
		probable("builder-died", "BuildKit stopped during the build: it was stopped, ran out of memory, or crashed on a reply of the cache service",
			build, `^(?:closing transport due to: )?(?:connection error: (?:desc = ")?)?(?:error reading from server: |received goaway )|^transport is closing$|^keepalive ping failed to receive ACK|^stream terminated by RST_STREAM|^transport: the stream is done or WriteHeader was already called$|^the (?:stream is rejected because server is draining the connection|connection is draining)$|^grpc: the client connection is closing$|^session healthcheck failed fatally`, "docker logs buildx_buildkit_NAME0", ignoreError).commonly(),
		probable(unknownCause, "the gha cache failed for a reason this catalogue does not know",
			cache, `.`, ignoreError, Doctor, StatusPage),
		certain(unknownCause, "a client of the cache could not pack or unpack the archive of an entry: tar says why in the lines before",
			said, `^archive: `, "path:   # folders that nothing writes to while the job ends, and that are empty before the cache is restored"),
		probable(unknownCause, "a client of the cache failed for a reason this catalogue does not know",
			said, toolkit+`Failed to (?:restore|save):$|^(?:uploadCacheArchiveSDK: )?internal error uploading cache archive:?$|^Cache service responded with 4\d\d during |^Cache upload failed because file read failed with |`+toolkit+`(?:(?:Error|Tar failed with error): )*(?:E[A-Z]+: .*[/\\](?:cache\.t(?:gz|zst|ar)\b|_temp[/\\])|Unable to locate executable file: (?:zstd|[gb]?s?tar)\b|There was an error when attempting to execute the process '\S*tar'|Unable to allocate the buffer|The value of "\w+" is out of range|File size \(\d+\) is greater than)`, Retry, Doctor, StatusPage),
	}
}

// droppedCause is the one without a text: the log shows a request for a gha cache and no use of it.
func droppedCause() Cause {
	return Cause{
		ID:    "silently-dropped",
		Title: "buildx dropped the gha cache without a word: the step has no runtime token or URL, or the builder no gha support",
		Advice: []string{
			exposeRuntime, "docker ghacache build …   # in place of docker buildx build: says what is missing", Doctor,
		},
	}
}

// otherCause is that of a build that ended on something else.
const otherCause = "another-error"

// anotherError is said first where the log shows trouble with a cache and ends on something else.
func anotherError() Cause {
	return Cause{
		ID: otherCause, Certain: true,
		Title:  "the build failed for a reason that is not the cache's",
		Advice: []string{"look into this error first: what follows is trouble with the cache that the build survived"},
	}
}
