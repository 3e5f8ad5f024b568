// Gets the program: a release, checked, or a build of this commit.
import { createHash } from 'node:crypto'
import { chmodSync, copyFileSync, createReadStream, createWriteStream, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { arch, homedir, platform } from 'node:os'
import { join, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { addPath, must, note, Problem, run } from './runner.mjs'

const repository = 'docker-ghacache/docker-ghacache'
const exe = platform() === 'win32' ? '.exe' : ''

/** Installs a version for docker and on PATH, and returns the path of the program. */
export async function install(version, { keep, token }) {
	const program = version === 'source' ? build() : await release(version, keep, token)
	const plugins = join(process.env.DOCKER_CONFIG || join(homedir(), '.docker'), 'cli-plugins')
	replace(program, join(plugins, `docker-ghacache${exe}`))
	addPath(resolve(program, '..'))
	note('info', must(program, ['version']).trim())
	return program
}

async function release(version, keep, token) {
	if (version !== 'latest' && !/^v\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)) {
		throw new Problem(`version: "${version}" is not a release`, 'version: latest, v1.2.3 or source')
	}
	const { name, machine } = asset()
	const releases = (process.env.GHACACHE_RELEASES || `https://github.com/${repository}/releases`).replace(/\/$/, '')
	const folder = `${releases}/${version === 'latest' ? 'latest/download' : `download/${version}`}`
	const digest = checksum(await text(`${folder}/checksums.txt`), name)
	const cache = keep && process.env.RUNNER_TOOL_CACHE ? process.env.RUNNER_TOOL_CACHE : temporary()
	// The digest names the folder, so that no other release is taken for this one.
	const program = join(cache, 'docker-ghacache', digest.slice(0, 16), machine, `docker-ghacache${exe}`)
	if (existsSync(program) && await sha256(program) === digest) {
		note('info', `found ${program}`)
		return program
	}
	const download = join(temporary(), `${name}.download`)
	await fetchTo(`${folder}/${name}`, download)
	const got = await sha256(download)
	if (got !== digest) {
		rmSync(download)
		throw new Problem(`${folder}/${name} has the SHA-256 ${got}, and checksums.txt has ${digest}`)
	}
	attest(download, token)
	replace(download, program)
	rmSync(download)
	return program
}

function asset() {
	const os = { linux: 'linux', darwin: 'darwin', win32: 'windows' }[platform()]
	const machine = { x64: 'amd64', arm64: 'arm64' }[arch()]
	if (!os || !machine) throw new Problem(`there is no release for ${platform()}/${arch()}`, 'version: source')
	return { name: `docker-ghacache-${os}-${machine}${exe}`, machine: arch() }
}

// checksum is the digest of a file in the output of sha256sum.
function checksum(list, name) {
	for (const line of list.split('\n')) {
		const [, digest, file] = line.match(/^([0-9a-f]{64}) [ *](.+?)\r?$/) ?? []
		if (file === name) return digest
	}
	throw new Problem(`checksums.txt of the release does not list ${name}`, 'version: source')
}

/** Checks who built a release. Its checksum, which is from the same place, proves only that the download is whole. */
export function attest(file, token) {
	if (process.env.GHACACHE_RELEASES) {
		note('info', 'the attestation was not checked: GHACACHE_RELEASES is not GitHub')
		return
	}
	if (!token || run('gh', ['attestation', '--help']).code !== 0) {
		note('warning', `the attestation was not checked: it needs ${token ? 'gh 2.49 or newer' : 'the input github-token'}. The checksum is right`)
		return
	}
	const args = ['attestation', 'verify', file, '--repo', repository]
	const check = run('gh', args, { env: { ...process.env, GH_TOKEN: token } })
	if (check.code !== 0) throw new Problem(`the program was not built by ${repository}: gh ${args.join(' ')}: ${check.stderr.trim()}`)
	note('info', `attestation: built by ${repository}`)
}

function build() {
	const root = fileURLToPath(new URL('../..', import.meta.url))
	const program = join(temporary(), 'docker-ghacache', `docker-ghacache${exe}`)
	if (run('go', ['version']).code !== 0) throw new Problem('version: source needs Go', '- uses: actions/setup-go@v6')
	note('info', 'building docker-ghacache from source')
	must('go', ['build', '-ldflags', '-s -w', '-o', program, './cmd/docker-ghacache'], { cwd: root, env: { ...process.env, CGO_ENABLED: '0' } })
	return program
}

// Replaces the file at once: another job of this machine may be running it.
function replace(from, to) {
	mkdirSync(resolve(to, '..'), { recursive: true })
	const part = `${to}.${process.pid}`
	copyFileSync(from, part)
	chmodSync(part, 0o755)
	renameSync(part, to)
}

function temporary() {
	if (!process.env.RUNNER_TEMP) throw new Problem('RUNNER_TEMP is not set: this program is an action, which a runner starts')
	return process.env.RUNNER_TEMP
}

async function sha256(file) {
	const hash = createHash('sha256')
	await pipeline(createReadStream(file), hash)
	return hash.digest('hex')
}

async function text(url) {
	return (await get(url)).text()
}

async function fetchTo(url, file) {
	await pipeline(Readable.fromWeb((await get(url)).body), createWriteStream(file))
}

async function get(url, tries = 3) {
	for (let wait = 1000; ; wait *= 2) {
		let problem
		try {
			const response = await fetch(url)
			if (response.ok) return response
			problem = `${response.status} ${response.statusText}`
			if (response.status < 500 && response.status !== 429) tries = 0
		} catch (error) {
			problem = error.cause?.message || error.message
		}
		if (--tries <= 0) throw new Problem(`downloading ${url}: ${problem}`, 'version: a release of https://github.com/docker-ghacache/docker-ghacache/releases, or source')
		await new Promise(done => setTimeout(done, wait))
	}
}
