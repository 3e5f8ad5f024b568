// Makes sure of a builder that can export a cache.
import { input, must, note, Problem, run, save, setEnv } from './runner.mjs'

/** Keeps, chooses or creates the builder of later steps, which reaches the relay, if it has a URL. */
export function prepareBuilder(relay) {
	const wanted = input('builder')
	if (wanted === 'none') return
	if (wanted === 'auto') {
		const current = driver()
		if (current !== 'docker') {
			note('info', `the current builder has the ${current} driver, which can export a cache`)
			return
		}
	}
	const name = wanted === 'auto' ? 'ghacache' : wanted
	if (run('docker', ['buildx', 'inspect', name]).code !== 0) create(name, relay)
	setEnv('BUILDX_BUILDER', name)
	process.env.BUILDX_BUILDER = name
}

/** Removes a builder that create created. */
export function removeBuilder(name) {
	const removed = run('docker', ['buildx', 'rm', name])
	if (removed.code !== 0) note('warning', `builder ${name} was not removed: ${removed.stderr.trim()}`, `docker buildx rm ${name}`)
}

// driver is the driver of the current builder.
function driver() {
	const { code, stdout, stderr } = run('docker', ['buildx', 'inspect'])
	const [, name] = stdout.match(/^Driver:\s*(\S+)/m) ?? []
	if (code !== 0 || !name) throw new Problem(`the current builder is not known: ${stderr.trim()}`, 'docker buildx ls', 'builder: none')
	return name
}

function create(name, relay) {
	save('builder', name) // before there is anything to remove: creating may fail half-way
	const args = ['buildx', 'create', '--name', name, '--driver', 'docker-container', '--bootstrap']
	// A container reaches a cache service on this machine over the network of the machine only.
	if (isLoopback(relay || process.env.ACTIONS_RESULTS_URL || process.env.ACTIONS_CACHE_URL)) args.push('--driver-opt', 'network=host')
	must('docker', args)
	note('info', `created the builder ${name}`)
}

function isLoopback(url) {
	const host = url && URL.canParse(url) ? new URL(url).hostname : ''
	return host === 'localhost' || host === '[::1]' || host.startsWith('127.')
}
