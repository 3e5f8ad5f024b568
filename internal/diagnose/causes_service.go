package diagnose

// relayed matches a request of a relay to which the service replied with a status.
const relayed = `^(?:CreateCacheEntry|FinalizeCacheEntryUpload|GetCacheEntryDownloadURL): `

// relayedPut begins what a relay says of a layer that the blob storage refused.
const relayedPut = `PUT: `

// throttle matches how the service and its clients say that there were too many requests.
const throttle = `^failed to parse error response 429: |Request was blocked due to exceeding usage of resource '|^resource_exhausted$|^Cache service responded with \[?429|^RateLimited \(\w+\) at |` + toolkit + `Failed request: \(429\)|` + toolkit + `.*"code":"resource_exhausted"|^unknown error 429 |^You've hit a rate limit, your rate limit will reset in \d|` + toolkit + `API error \(429 |^(?:GitHub API error: )?GitHub Actions Cache throttled |` + relayed + `429 |` + toolkit + page + `429\b`

// atOnce begins a page that a front door of Microsoft's sends in place of any of its services: the first thing that is
// said, or what the client of a cache quotes.
const atOnce = `(?:^|` + toolkit + `.*|^failed to parse .*)(?:<h2>)?`

// page begins a page of HTML up to its title, which most servers and proxies begin with the status. Clients take one for the
// message of an error.
const page = `<(?i:html|!doctype html)[^<]*(?:<(?i:html|head|meta|body|center)[^<]*)*<(?i:title|h1)>`

// reply matches what OpenDAL says of a reply of the cache service up to its status.
const reply = toolkit + `.*\buri: \S+(?:CacheService/|_apis/).*\bresponse: Parts \{ status: `

// serviceDown is a cause that doctor gives, too. A service that answers 500 and one that is away are one to those who read it.
const (
	serviceDown   = "service-down"
	serviceFailed = "the cache service failed on its side"
)

// keyExists is the cause of a text that @actions/cache since version 4 prints for every reservation that failed. It prints the
// reason only in debug mode.
const keyExists = "key-exists"

// LocalLayerMissing is the cause of a build that a local cache made fail.
const LocalLayerMissing = "local-layer-missing"

// serviceCauses are those for which the cache service refuses a request.
func serviceCauses() []Cause {
	return []Cause{
		certain("read-denied", "the runtime token may not read the cache, as where ACTIONS_CACHE_MODE is write-only or none",
			bare, `\bcache read denied: |^token has no readable scopes|^No scopes with read permission were found on the request`, "cache-mode: read   # in the workflow or the job", Doctor),
		certain("read-only-token", "the runtime token may not write the cache, as in a pull request from a fork or for a trigger that GitHub does not trust",
			bare, `\bcache write denied: |^No scopes with write permission were found on the request|^No scope with write permission found|^token has no writable scopes`,
			"leave --cache-to out for such events: cache-to: ${{ github.event_name != 'pull_request' && 'type=gha,mode=max' || '' }}", ignoreError).leadsTo("reserve-refused"),
		certain("quota-full", "the storage of the repository's caches is used up, so GitHub stores no new entry",
			said, `\bCache storage quota has been hit\b|\binsufficient usage\b|\bstorage quota\b.*\bcache|is over the data cap limit, not saving cache`,
			"docker ghacache prune   # GitHub counts again every 6 to 12 hours", "docker ghacache du", ignoreError).leadsTo("reserve-refused", "key-exists").
			provedBy(`\bCache storage quota has been hit\b|\binsufficient usage\b|data cap limit`),
		certain("quota-full", "one entry is larger than what the service stores for a repository",
			said, `is over the \d+GB limit, not saving cache`, "path:   # fewer or smaller folders", "docker ghacache du", ignoreError).leadsTo("reserve-refused"),
		certain("quota-full", "the owner's budget for Actions is used up, so GitHub stores no new entry of its caches",
			said, `\breached your configured budget, your cache is now read[- ]only`,
			"https://github.com/settings/billing/budgets   # of an organization: its own settings", "docker ghacache prune   # less than 10 GB costs nothing", ignoreError).leadsTo("reserve-refused", "key-exists"),
		probable("reserve-refused", "GitHub refused to store an entry: the trigger has a read-only cache, as pull_request from a fork or pull_request_target, or the repository's storage is used up",
			said, `^failed to reserve cache$|^Cache reservation failed: [^<]|`+toolkit+`(?:create cache entry returns non-ok|API error: 'not ok' response)`,
			"write the cache from a push to the default branch; leave --cache-to out elsewhere (permissions: do not change it)", ignoreError,
			"docker ghacache doctor   # tells what the token may do, and how full the cache is", ownScope+", if jobs write at the same time").leadsTo("key-exists"),
		probable("commit-refused", "the service did not accept a finished upload: the entry was taken by another job, or its size is wrong",
			said, `^(?i:failed to commit cache)\.?$|^unknown error 400 .*: already complete"|"typeKey":"InvalidSealRequestException"|`+toolkit+`(?:The specified block list is invalid|Unable to finalize cache with key )`, ignoreError, ownScope, updateBuilder),
		probable("token-rejected", "the service rejected the runtime token: it belongs to a job that has ended, or lacks the permission",
			said, `^failed to parse error response 40[13]: |^unknown error 40[13] [A-Z]|^Cache service responded with 40[13]|`+toolkit+`Failed request: \(40[13]\)|`+toolkit+`.*"code":"(?:permission_denied|unauthenticated|unauthorized)"|"typeKey":"UnauthorizedRequestException"|^PermissionDenied \(\w+\) at |`+toolkit+`(?:`+page+`401\b|API error \(40[13] |Twirp error: twirp error: (?:unauthenticated|permission_denied))|`+reply+`40[13]\b|`+relayed+`40[13] `, Doctor, Retry),
		probable("token-rejected", "the service rejected the runtime token: it belongs to a job that has ended, or lacks the permission",
			build, `^(?:permission_denied|unauthenticated)$`, Doctor, Retry).commonly(),
		probable("token-rejected", "the service rejected the runtime token: it belongs to a job that has ended, or lacks the permission", cache, `^40[13] [A-Z]|^Authorization header |^Token does not contain `, Doctor, Retry),
		probable("entry-lost", "the service lost the entry between its reservation and its end, as during outages or when the cache is full",
			build, `^not_found$`, Retry, ignoreError, "docker ghacache prune   # room below the limit", "mode=min   # fewer entries").commonly(),
		probable("entry-lost", "the service lost the entry between its reservation and its end, as during outages or when the cache is full",
			said, `^toolkit: Failed request: \(404\) Upload not found|^(?:PATCH|POST) /_apis/artifactcache/caches/\d+: cache \d+: not reserved$|^Cache service responded with 404 during |^unknown error 40[04] .*: not reserved"|`+toolkit+`(?:The specified (?:blob|container|resource) does not exist|The specified container is being deleted|The condition specified using HTTP conditional header|Unexpected status code: 404)`, Retry, ignoreError, "docker ghacache prune   # room below the limit", "mode=min   # fewer entries"),
	}
}

// failedServiceCauses are those of a service that throttles, fails, or answers as this client does not expect.
func failedServiceCauses() []Cause {
	return []Cause{
		certain("throttled", "the cache service throttles: too many requests", said, throttle,
			"run fewer builds of the repository at once; GitHub accepts 200 uploads a minute and repository", "mode=min   # BuildKit: fewer entries",
			"timeout=20m   # BuildKit waits and tries again this long", ignoreError).
			provedBy(`\b429\b|\bRequest was blocked |\bCache throttled `),
		// go-actions-cache prints the status in place of a message that comes with a code.
		probable("throttled", "the cache service throttles: too many requests", cache, `^429 Too Many Requests$`,
			"run fewer builds of the repository at once; GitHub accepts 200 uploads a minute and repository", ignoreError),
		certain("throttled-too-long", "a cache service throttled this BuildKit, in this build or one before, until the timeout",
			build, `^maximum timeout reached|^requested delay [\d.]+s exceeds maximum timeout `,
			"run fewer builds of the repository at once; GitHub accepts 200 uploads a minute and repository", "mode=min   # fewer entries",
			"timeout=20m   # on --cache-to and --cache-from; the default is 10m", ignoreError),
		certain(serviceDown, serviceFailed,
			said, atOnce+`Our services aren't available right now|GitHub Actions is temporarily unavailable|^An internal error has occurred in cache backend|^(?:failed to parse error response|unknown error|Cache service responded with) \[?5\d\d|`+toolkit+`Failed request: \(5\d\d\)|`+toolkit+`.*"code":"(?:internal|unavailable)"|`+toolkit+page+`5\d\d\b|`+toolkit+`(?:API error \(5\d\d |Twirp error: http error, status code: 5\d\d )|`+reply+`5\d\d\b`,
			StatusPage, Retry, ignoreError).provedBy(`GitHub Actions is temporarily unavailable|An internal error has occurred in cache backend`),
		probable(serviceDown, serviceFailed, build, `^(?:internal|unavailable|deadline_exceeded|aborted|canceled|dataloss|unknown)$`, StatusPage, Retry, ignoreError).commonly(),
		probable(serviceDown, serviceFailed, build, relayed+`5\d\d `, StatusPage, Retry, ignoreError),
		probable(serviceDown, serviceFailed, cache, `^5\d\d [A-Z]`, StatusPage, Retry, ignoreError),
		certain("egress-limit", "the blob storage refused to send more: the limit of its own account",
			said, `^invalid status response 503 Egress is over the account limit|`+toolkit+`Egress is over the account limit`, Retry, StatusPage),
		probable("no-such-service", "the cache service does not know this URL or this request (404)",
			said, `^failed to parse error response 404: |^unknown error 404 |^Cache service responded with 404|`+toolkit+`Failed request: \(404\)(?: Not Found|$)|^Unable to reserve cache with key .*More details: undefined$|`+toolkit+`(?:`+page+`404\b|API error \(404 |.*"code":"bad_route")`,
			Doctor+"   # tells who runs the service, and which version it has", "version=1   # GitHub Enterprise Server, Gitea, Forgejo and act have no version 2",
			updateBuilder+", where github.com is asked for version 1", StatusPage),
		probable("no-such-service", "the cache service does not know this request", cache, `^bad_route$`, Doctor, updateServer),
		certain("server-incompatible", "the cache server answered as GitHub's does not, or refused a request that GitHub accepts: it is no match for this client",
			said, `^json: cannot unmarshal \w+ into Go (?:struct field |value of type struct \{ OK bool)|^Invalid block id: |^Invalid body: |"statusMessage": "Invalid body: |^ERROR +Response: \w+ /\S*(?:/upload/|_apis/artifactcache/|CacheService/)\S* > 4\d\d|^failed to unmarshal \{|^(?:PUT|GET|HEAD) \S+ RESPONSE 501: |`+toolkit+`Failed request: \(4(?:0[0256]|1\d|2[0-68]|31|51)\)|^(?:unknown error|Cache service responded with|failed to parse error response) \[?(?:405|41[1345]|431)\b|^(?:PUT|GET|HEAD) \S+ RESPONSE 4(?:00|05|1[1345]|31): |`+toolkit+`(?:The specified blob or block content is invalid|Content-Length not found on blob response|Could not interpret Content-Length)|^Content-Length not found on blob response$|^unhandled content range in response:|^unknown error 400 Bad Request: |CacheService/\w+", "?statusCode": 4\d\d`,
			updateServer, Doctor),
		probable("server-incompatible", "the cache server answered as GitHub's does not, or refused a request that GitHub accepts: it is no match for this client",
			said, toolkit+`(?:Cache not found\.$|Parse Error: |File download response doesn't contain valid |Range request not supported by server|Expected HttpClientResponse|Unable to extract blobName and containerName|Azure Storage SDK can only be used when|Cannot connect to http://\S+ while allowInsecureConnection|Redirect from HTTPS to HTTP protocol|(?:Unable to parse message|Found unknown field|Cannot parse JSON) .*CacheEntry|Cannot read properties of (?:null|undefined) \(reading '(?:archiveLocation|cacheId)'|Error "Error: Non-whitespace before first tag|The value for one of the HTTP headers is not|The requested URI does not represent|The resource doesn't support specified|The request body is too large|An HTTP header that's mandatory|The MD5 value specified|One of the request inputs|The XML specified|deserialize protobuf|.*"code":"(?:malformed|invalid_argument|unimplemented|out_of_range|failed_precondition)"|ghac returns invalid signed url|`+page+`4(?:0[0256]|1\d|2[0-8])\b)|`+reply+`4(?:0[0256]|1\d|2[0-68])\b`, updateServer, Doctor),
		probable("server-incompatible", "the cache server answered as GitHub's does not, or knows no such request: it is no match for this client",
			cache, `^invalid response |^(?:unimplemented|malformed|invalid_argument|failed_precondition|out_of_range)$`, updateServer, Doctor),
		probable("not-json", "the cache service answered with something that is no JSON: a proxy's page, or no cache service",
			cache, `^failed to unmarshal <|^invalid character '.+' looking for beginning of value$|^unexpected end of JSON input$`, Doctor, BypassProxy),
		probable("not-json", "the cache service answered with something that is no JSON: a proxy's page, or no cache service",
			said, toolkit+`(?:Unexpected (?:token|non-whitespace character) .*\bJSON\b|Unexpected end of JSON input|"undefined" is not valid JSON|Failed to decode response \(2\d\d |`+page+`[^\s\d])|^Failed to \w*Artifact\w*: .*(?:is not valid JSON|Unexpected end of JSON input)`,
			Doctor, "ACTIONS_RESULTS_URL   # of a cache server of your own must pass the requests of other actions on", BypassProxy),
		certain("ghes-certificate", "GitHub's cache service lost a certificate with which it signs URLs",
			said, `^Signing certificate with thumbprint \w+ not found in store`,
			"https://support.github.com   # on github.com; on GitHub Enterprise Server, its administrator: https://github.com/actions/cache/issues/1384", ignoreError),
		certain(keyExists, "actions/cache wants to save under a key that exists or is being written: entries are never overwritten",
			bare, `^(?:ReserveCacheError: )?Unable to reserve cache with key .*another job may be creating|^Unable to reserve cache with key: ReserveCacheError: |`+toolkit+`Failed request: \(409\) |^Cache service responded with 409|^Cache already exists\. Scope: |^POST /_apis/artifactcache/caches/\d+: cache \d+ ".*": already complete$`,
			"key: ${{ runner.os }}-${{ hashFiles('…') }}   # a key that changes with its content",
			"gh variable set ACTIONS_STEP_DEBUG --body true   # actions/cache v4 prints this for every failure, and the reason only in debug mode").provedBy(`\bCache already exists\b|\balready exists$`),
	}
}

// Lasting advice about layers.
const rebuilt = "run the build again with BuildKit 0.33 or newer, which rebuilds the steps of layers that are not in the cache"

// blobCauses are those that the storage behind the cache service reports.
func blobCauses() []Cause {
	return []Cause{
		probable("url-signature", "the blob storage found another signature than a URL's: something on the way changed the request, or the service signs with another key",
			build, `^(?:(?:GET|PUT|HEAD) \S+ RESPONSE 403:|`+relayedPut+`403 ).*(?:Signature did not match|SignatureDoesNotMatch)`, BypassProxy, Retry, ignoreError),
		certain("url-expired", "the URL of a cached layer or entry was used outside its time; BuildKit before 0.23.2 does not renew one that has expired",
			said, `^(?:GET|HEAD) \S+ RESPONSE 403: .*(?:`+signatureRefused+`)|^invalid status response 403 Server failed to authenticate |`+toolkit+`Server failed to authenticate the request\.`,
			"docker ghacache migrate-v2 --upgrade-builder NAME   # BuildKit 0.23.2 or newer", "driver-opts: image=moby/buildkit:buildx-stable-1").provedBy(outsideItsTime),
		certain("upload-url-expired", "the URL to upload a layer was used outside its time: the upload took longer than the URL lives, an hour on GitHub",
			build, `^(?:PUT \S+ RESPONSE 403:|`+relayedPut+`403 ).*(?:`+signatureRefused+`)`, "mode=min   # or smaller layers", "--cache-to type=registry,ref=IMAGE:cache   # for layers this big", ignoreError).provedBy(outsideItsTime),
		probable("blob-refused", "a layer was refused (403): its URL has expired or is not valid yet, or a proxy or firewall forbids the blob storage",
			build, `^(?:(?:GET|PUT|HEAD) \S+ RESPONSE 40[13]:|`+relayedPut+`40[13]) |^invalid status response 40[13] `,
			Doctor, "let *.blob.core.windows.net through, or "+BypassProxy, "date -u   # on the machine of a cache service of your own: it signs the URLs", ignoreError),
		probable("blob-refused", "an entry was refused (403): its URL has expired or is not valid yet, or a proxy or firewall forbids the blob storage",
			said, toolkit+`(?:This request is not authorized to perform this operation|The account being accessed does not have sufficient|Public access is not permitted|The specified account is disabled|Unexpected status code: 40[13]|`+page+`403\b|`+uploaded+`40[13])`, Doctor, "let *.blob.core.windows.net through, or "+BypassProxy),
		certain("layer-evicted", "a layer that the cache's index references is not in the cache: evicted, deleted, or of a branch that the job may not read",
			build, `^blob (?:sha256:\S+ )?not found$|^(?:failed to [^:]*: )?blob sha256:\w+: not found$|^failed to get state for index \d+ on (?:blob )?\S*: not found$|^cache entry no longer exists$|^(?:GET|HEAD) \S+ (?:RESPONSE 404: |ERROR CODE: BlobNotFound)|^invalid status response 404 `,
			rebuilt, ignoreError, "docker ghacache prune   # room below the limit keeps layers").
			provedBy(`^cache entry no longer exists$|\bBlobNotFound\b|The specified blob does not exist`),
		certain(LocalLayerMissing, "a layer that a local cache references is not in the folder of the cache, and BuildKit does not rebuild its step",
			build, `^local: |^content sha256:\S+: not found$`,
			"docker ghacache inspect --local DIR   # of --cache-from type=local,src=DIR: which layers are missing",
			"leave that --cache-from out, once; --cache-to type=local,dest=DIR writes the layers again").provedBy(`^local: `).commonly(),
		probable("entry-damaged", "the archive of a cache entry is damaged, or was cut off while it was downloaded",
			bare, `^torn: `, Retry, "gh cache delete KEY   # if it fails on every run: entries are never overwritten"),
		probable("entry-damaged", "the archive of a cache entry is damaged, or was cut off while it was uploaded",
			said, toolkit+`(?:The range specified is invalid|Unexpected status code: 416)`, Retry, "gh cache delete KEY   # if it fails on every run: entries are never overwritten"),
		probable("layer-damaged", "a layer in the cache is shorter than the cache's index says, as after an upload that broke off",
			build, `^invalid status response 416 |^GET \S+ RESPONSE 416: `, rebuilt, "docker ghacache prune --scope SCOPE --force   # the next build writes the cache anew"),
		certain("blob-storage-error", "the blob storage behind the cache service failed on its side",
			build, `^(?:(?:GET|PUT|HEAD) \S+ RESPONSE 5\d\d:|`+relayedPut+`5\d\d) |^invalid status response 5\d\d `, Retry, StatusPage, ignoreError).provedBy(`\bERROR CODE: \w|<Code>\w`),
		probable("blob-storage-error", "the blob storage behind the cache service failed on its side",
			said, toolkit+`(?:The server is (?:busy|currently unable)|Server encountered an internal error|Operation could not be completed within the specified time|(?:Ingress|Operations per second) is over the account limit|Unexpected status code: 5\d\d|`+uploaded+`5\d\d)`, Retry, StatusPage),
	}
}

// uploaded is how a client of the cache begins the status of an upload to the blob storage.
const uploaded = `(?:uploadCacheArchiveSDK: )?upload failed with status code `

// What Azure and S3 say of a URL that they signed:
// https://learn.microsoft.com/rest/api/storageservices/authorization-error-codes
const (
	signatureRefused = `AuthenticationFailed|Server failed to authenticate the request|` + outsideItsTime
	outsideItsTime   = `Signature not valid in the specified time frame|Request has expired`
)
