// What a runner gives a JavaScript action: inputs, files to write to, and commands on standard output.
import { spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { appendFileSync, chmodSync } from 'node:fs'

/** An error of the user, with the lines that fix it. */
export class Problem extends Error {
	constructor(text, ...hints) {
		super(text)
		this.hints = hints
	}
}

/** The value of an input; empty if it was not given. */
export const input = name => (process.env[`INPUT_${name.toUpperCase()}`] ?? '').trim()

/** Says whether an input is true or false, as YAML 1.2 spells them. */
export function flag(name) {
	const value = input(name).toLowerCase()
	if (value !== 'true' && value !== 'false') throw new Problem(`${name}: "${input(name)}" is not true or false`)
	return value === 'true'
}

/** Sets a variable of later steps. */
export const setEnv = (name, value) => append('GITHUB_ENV', pair(name, value))
/** Sets an output of this step. */
export const setOutput = (name, value) => append('GITHUB_OUTPUT', pair(name, value))
/** Keeps a value for post, which reads it with saved. */
export const save = (name, value) => append('GITHUB_STATE', pair(name, value))
export const saved = name => process.env[`STATE_${name}`] ?? ''
/** Puts a folder before the others on the PATH of later steps. */
export const addPath = folder => append('GITHUB_PATH', `${folder}\n`)
/** Has the runner replace a secret by *** in all output from now on. */
export const mask = secret => command('add-mask', secret)

/** Makes the file that holds the variables of later steps readable by its owner only: GitHub's runner lets everybody read it. */
export function protectEnv() {
	if (process.platform === 'win32') return
	try {
		chmodSync(process.env.GITHUB_ENV, 0o600)
	} catch (error) {
		note('warning', `other users of this machine can read ${process.env.GITHUB_ENV}, which will hold the cache's token: ${error.message}`)
	}
}

/** Prints an annotation, and one hint a line. YAML is printed so that it can be pasted. */
export function note(level, text, ...hints) {
	if (level === 'info') console.log(text)
	else command(level, text)
	for (const hint of hints) console.log(/^(- | )/.test(hint) ? hint : `hint: ${hint}`)
}

/** Runs the action's main or post function; a failure fails the step. */
export async function main(run) {
	try {
		await run()
	} catch (error) {
		note('error', error instanceof Problem ? error.message : `${error.stack}`, ...(error.hints ?? []))
		process.exitCode = 1
	}
}

/** Runs a program and returns its exit code and what it wrote; code is undefined if the program could not be started. */
export function run(program, args, options = {}) {
	const result = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 64 << 20, ...options })
	return { code: result.status, stdout: result.stdout ?? '', stderr: result.stderr || (result.error?.message ?? '') }
}

/** Runs a program that must succeed, and returns its standard output. */
export function must(program, args, options) {
	const result = run(program, args, options)
	if (result.code !== 0) throw new Problem(`${program} ${args.join(' ')} failed: ${result.stderr.trim() || `exit code ${result.code}`}`)
	return result.stdout
}

function append(variable, text) {
	const file = process.env[variable]
	if (!file) throw new Problem(`${variable} is not set: this program is an action, which a runner starts`)
	appendFileSync(file, text)
}

// A random delimiter keeps a value from setting other variables.
function pair(name, value) {
	const end = `end_${randomUUID()}`
	return `${name}<<${end}\n${value}\n${end}\n`
}

function command(name, data) {
	console.log(`::${name}::${data.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')}`)
}
