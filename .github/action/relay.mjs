// Runs the relay for builds of other actions: docker ghacache serve --upstream.
import { spawn } from 'node:child_process'
import { existsSync, openSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { input, mask, note, Problem, run, save } from './runner.mjs'

/** Starts the relay if the input asks for it, and returns the variables of a build through it. */
export async function startRelay(program) {
	if (input('relay') !== 'background') return undefined
	if (!run(program, ['serve', '--help']).stdout.includes('--upstream')) {
		note('warning', 'relay: the installed docker ghacache has no serve --upstream; builds go on without a relay', 'version: latest')
		return undefined
	}
	const log = join(process.env.RUNNER_TEMP, 'ghacache-relay.log')
	const file = join(process.env.RUNNER_TEMP, 'ghacache-relay.env')
	rmSync(file, { force: true })
	const output = openSync(log, 'w', 0o600)
	const relay = spawn(program, ['serve', '--upstream', '--env-file', file], { detached: true, stdio: ['ignore', output, output] })
	relay.unref()
	save('relay', relay.pid)
	save('relaylog', log)
	for (let tries = 0; !existsSync(file); tries++) { // it exists once the relay answers
		if (relay.exitCode !== null || tries === 100) throw new Problem(`the relay did not start: ${readFileSync(log, 'utf8').trim()}`, 'relay: auto')
		await sleep(100)
	}
	const variables = Object.fromEntries(readFileSync(file, 'utf8').trim().split('\n').map(line => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]))
	rmSync(file)
	mask(variables.ACTIONS_RUNTIME_TOKEN)
	return variables
}

/** Ends the relay, which sends what it has got, and prints what it did. */
export async function stopRelay(pid, log) {
	try {
		process.kill(pid, 'SIGTERM')
		for (let tries = 0; tries < 150; tries++) {
			process.kill(pid, 0) // throws once it has ended
			await sleep(100)
		}
		note('warning', `the relay, process ${pid}, did not end`)
	} catch (error) {
		if (error.code !== 'ESRCH') throw error
	}
	console.log(`relay: ${readFileSync(log, 'utf8').trim().split('\n').at(-1)}`)
}

const sleep = time => new Promise(done => setTimeout(done, time))
