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
		if (!value) continue
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

/** Sets the outputs. The plugin completes the entries, and leaves out those that cannot work in this job. */
export function setEntries(program) {
	const scope = input('scope') ? `,scope=${input('scope')}` : ''
	const entries = ['--cache-from', `type=gha${scope}`, '--cache-to', `type=gha,mode=${input('mode')}${scope}`]
	const env = { ...process.env, GITHUB_TOKEN: input('github-token') } // write: auto asks how full the cache is
	const { stdout, stderr } = run(program, ['build', '--gha-dry-run=json', ...entries, '.'], { env })
	let command
	try {
		command = JSON.parse(stdout)
	} catch {
		throw new Problem(`docker ghacache build --gha-dry-run=json failed: ${stderr || stdout}`)
	}
	const problems = command.notes.filter(({ level }) => level !== 'info')
	for (const { text, hint } of problems) note('warning', text, ...hint.split('\n').filter(Boolean))
	// After an error nothing would run, so that the entries are not usable either.
	const usable = !problems.some(({ level }) => level === 'error')
	for (const name of ['cache-from', 'cache-to']) {
		const at = command.args.indexOf(`--${name}`)
		setOutput(name, usable && at >= 0 ? command.args[at + 1] : '')
	}
}
