package diagnose

// serviceCauses are those that the cache service reports.
func serviceCauses() []Cause {
	return []Cause{
		certain("read-only-token", "the runtime token may not write the cache, as in a pull request from a fork or for a trigger that GitHub does not trust",
			said, `\bcache write denied: |^No scopes with write permission were found on the request`,
			"leave --cache-to out for such events: cache-to: ${{ github.event_name != 'pull_request' && 'type=gha,mode=max' || '' }}", ignoreError),
		certain("read-denied", "the runtime token may not read the cache, as where ACTIONS_CACHE_MODE is write-only or none",
			said, `\bcache read denied: |^No scopes with read permission were found on the request`, "cache-mode: read   # in the workflow or the job", doctor),
		probable("reserve-refused", "the service did not let the cache be written: mostly a read-only token, else a full cache or an entry of another job in the making",
			said, `^failed to reserve cache$`, doctor+"   # tells what the token may do", ignoreError, ownScope),
		probable("commit-refused", "the service did not accept a finished upload: the entry was taken by another job, or its size is wrong",
			said, `^failed to commit cache$`, ignoreError, ownScope),
		probable("token-rejected", "the service rejected the runtime token: it belongs to a job that has ended, or lacks the permission",
			build, `^(?:permission_denied|unauthenticated)$|^failed to parse error response 40[13]: `, doctor, retry),
		probable("entry-lost", "the service lost the entry between its reservation and its end, as during outages",
			build, `^not_found$`, retry, ignoreError, "mode=min   # fewer entries"),
		probable("service-error", "the cache service failed on its side",
			build, `^(?:internal|unavailable|deadline_exceeded)$`, status, retry, ignoreError),

		certain("throttled", "the cache service throttles: too many requests",
			said, `^failed to parse error response 429: |^Request was blocked due to exceeding usage of resource '|^resource_exhausted$|^Cache service responded with 429|^Failed to (?:CreateCacheEntry|FinalizeCacheEntryUpload|GetCacheEntryDownloadURL): (?:Rate limited: )?.*\(429\)|^unknown error 429 |^You've hit a rate limit, your rate limit will reset in \d`,
			"mode=min   # fewer entries", "timeout=20m   # BuildKit waits and tries again this long", "run fewer builds of the repository at once; GitHub accepts 200 uploads a minute", ignoreError).
			provedBy(`\b429\b|^Request was blocked `),
		certain("throttled-too-long", "a cache service throttled this BuildKit, in this build or one before, until the timeout",
			build, `^maximum timeout reached|^requested delay [\d.]+s exceeds maximum timeout `,
			"timeout=20m   # on --cache-to and --cache-from; the default is 10m", "mode=min   # fewer entries", ignoreError),
		certain("service-down", "the cache service was down, or a server in front of it",
			said, `Our services aren't available right now|GitHub Actions is temporarily unavailable|^(?:failed to parse error response|unknown error|Cache service responded with) 5\d\d|^failed to parse error response 400: <`,
			status, retry, ignoreError).provedBy(`Our services aren't available right now|GitHub Actions is temporarily unavailable`),
		certain("egress-limit", "the blob storage refused to send more: the limit of its own account",
			build, `^invalid status response 503 Egress is over the account limit`, retry, status),
		probable("no-such-service", "no cache service of that version answers at this URL (404)",
			said, `^failed to parse error response 404: |^unknown error 404 |^Cache service responded with 404|\(404\) Not Found: invalid request$`,
			"version=1   # GitHub Enterprise Server, Gitea and act have no version 2", migrate+"   # github.com has no version 1", doctor),
		probable("not-json", "the cache service answered with something that is no JSON: a proxy's page, or no cache service",
			cache, `^invalid character '.+' looking for beginning of value$`, doctor, direct),
		certain("ghes-certificate", "the GitHub Enterprise Server lost a certificate with which it signs cache URLs",
			build, `^Signing certificate with thumbprint \w+ not found in store`, "ask the administrator: https://github.com/actions/cache/issues/1384"),
		certain("key-exists", "actions/cache wants to save under a key that exists or is being written: entries are never overwritten",
			said, `^(?:ReserveCacheError: )?Unable to reserve cache with key .*another job may be creating this cache`,
			"key: ${{ runner.os }}-${{ hashFiles('…') }}   # a key that changes with its content").provedBy(`\bCache already exists\b`),
	}
}

// blobCauses are those that the storage behind the cache service reports.
func blobCauses() []Cause {
	return []Cause{
		probable("url-signature", "the blob storage found another signature than a URL's: something on the way changed the request, or the service signs with another key",
			build, `^(?:GET|PUT|HEAD) \S+ RESPONSE 403: .*(?:Signature did not match|SignatureDoesNotMatch)`, direct, retry, ignoreError),
		certain("url-expired", "the URL of a cached layer was used outside its time; BuildKit before 0.23.2 does not renew one that has expired",
			build, `^(?:GET|HEAD) \S+ RESPONSE 403: .*(?:`+signatureRefused+`)|^invalid status response 403 Server failed to authenticate .* for https://\S+\.blob\.core\.windows\.net/`,
			"docker ghacache migrate-v2 --upgrade-builder NAME   # BuildKit 0.23.2 or newer", "driver-opts: image=moby/buildkit:buildx-stable-1").provedBy(outsideItsTime),
		certain("upload-url-expired", "the URL to upload a layer was used outside its time: the upload took longer than the URL lives, an hour on GitHub",
			build, `^PUT \S+ RESPONSE 403: .*(?:`+signatureRefused+`)`, "mode=min   # or smaller layers", "--cache-to type=registry,ref=IMAGE:cache   # for layers this big", ignoreError).provedBy(outsideItsTime),
		probable("blob-refused", "a layer was refused (403): its URL has expired or is not valid yet, or a proxy or firewall forbids the blob storage",
			build, `^(?:GET|PUT|HEAD) \S+ RESPONSE 40[13]: |^invalid status response 40[13] .* for https?://`,
			doctor, "let *.blob.core.windows.net through, or "+direct, "date -u   # on the machine of a cache service of your own: it signs the URLs", ignoreError),
		certain("layer-evicted", "a layer that the cache's index names is not in the cache: evicted, deleted, or of a branch that the job may not read",
			build, `^blob (?:sha256:\S+ )?not found$|^blob sha256:\w+: not found$|^cache entry no longer exists$|^(?:GET|HEAD) \S+ RESPONSE 404: |^invalid status response 404 .* for https?://`,
			retry+" with --no-cache", "docker ghacache doctor   # holds the index against its layers", "docker ghacache prune   # room below the limit keeps layers").
			provedBy(`^cache entry no longer exists$|\bBlobNotFound\b|The specified blob does not exist`),
		certain("blob-storage-error", "the blob storage behind the cache service failed on its side",
			build, `^(?:GET|PUT|HEAD) \S+ RESPONSE 5\d\d: `, retry, status, ignoreError).provedBy(`\bERROR CODE: \w`),
	}
}

// What Azure and S3 say of a URL that they signed:
// https://learn.microsoft.com/rest/api/storageservices/authorization-error-codes
const (
	signatureRefused = `AuthenticationFailed|Server failed to authenticate the request|` + outsideItsTime
	outsideItsTime   = `Signature not valid in the specified time frame|Request has expired`
)
