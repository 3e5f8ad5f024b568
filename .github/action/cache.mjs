// Gives later steps the cache: its credentials, the options of the plugin, and entries for other actions.
import { input, mask, note, Problem, protectEnv, run, setEnv, setOutput } from './runner.mjs'

// The runner gives these to JavaScript actions only.
const runtime = ['ACTIONS_RUNTIME_TOKEN', 'ACTIONS_RESULTS_URL', 'ACTIONS_CACHE_URL', 'ACTIONS_CACHE_SERVICE_V2', 'ACTIONS_CACHE_MODE']

/** Gives later run: steps the credentials of the cache. */
export function exposeRuntime() {
	if (!process.env.ACTIONS_RUNTIME_TOKEN) {
		note('warning', 'this runner gives no ACTIONS_RUNTIME_TOKEN, and builds cannot use its cache', 'docker ghacache doctor')
		return
	}
	mask(process.env.ACTIONS_RUNTIME_TOKEN)
	protectEnv()
	for (const name of runtime) if (process.env[name]) setEnv(name, process.env[name])
}

/** Turns inputs into the variables of the plugin's options, if the installed plugin has these options. */
export function setOptions(program) {
	const help = run(program, ['build', '--help']).stdout
	for (const name of ['relay', 'mounts', 'write', 'summary']) {
		const value = input(name)
		if (!value || name === 'relay' && value === 'background') continue
		if (!help.includes(`--gha-${name}`)) {
			const text = `${name}: the installed docker ghacache has no option --gha-${name}`
			if (value === 'require') throw new Problem(text, 'version: latest')
			note('warning', `${text}; builds go on without it`, 'version: latest')
			continue
		}
		const variable = `GHACACHE_${name.toUpperCase()}`
		setEnv(variable, value)
		process.env[variable] = value
	}
}

/**
 * Sets the outputs. The plugin completes the entries, and leaves out those that cannot work in this job. relay has the variables of a
 * build through the relay, if it runs.
 */
export function setEntries(program, relay) {
	let entries = relay && complete(program, { ...relay, GHACACHE_RELAY: 'off' })
	const relayed = relay && entries.usable && entries.reached
	if (relay && !relayed) note('warning', 'the builder cannot use the relay; the outputs do without it')
	const token = relayed ? `,token=${relay.ACTIONS_RUNTIME_TOKEN}` : '' // the runner gives actions its own in the environment
	if (!relayed) entries = complete(program, {})
	for (const name of ['cache-from', 'cache-to']) {
		const at = entries.args.indexOf(`--${name}`)
		setOutput(name, entries.usable && at >= 0 ? entries.args[at + 1] + token : '')
	}
}

// complete has the plugin complete the entries, and prints what it says about them.
function complete(program, variables) {
	const scope = input('scope') ? `,scope=${input('scope')}` : ''
	const words = ['--cache-from', `type=gha${scope}`, '--cache-to', `type=gha,mode=${input('mode')}${scope}`]
	const env = { ...process.env, GITHUB_TOKEN: input('github-token'), ...variables } // write: auto asks how full the cache is
	const { stdout, stderr } = run(program, ['build', '--gha-dry-run=json', ...words, '.'], { env })
	let command
	try {
		command = JSON.parse(stdout)
	} catch {
		throw new Problem(`docker ghacache build --gha-dry-run=json failed: ${stderr || stdout}`)
	}
	const problems = command.notes.filter(({ level }) => level !== 'info')
	// A job with builder: none may create one in a later step, or build nothing.
	const level = input('builder') === 'none' ? 'info' : 'warning'
	for (const { text, hint } of problems) note(level, text, ...hint.split('\n').filter(Boolean))
	// After an error nothing would run, so that the entries are not usable either.
	return {
		args: command.args,
		usable: !problems.some(({ level }) => level === 'error'),
		reached: !problems.some(({ code }) => code === 'own-network') // the builder's, in which 127.0.0.1 is another machine
	}
}
