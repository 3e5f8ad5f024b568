import { removeBuilder } from './builder.mjs'
import { stopRelay } from './relay.mjs'
import { input, main, note, run, saved } from './runner.mjs'

await main(async () => {
	const program = saved('program')
	if (program && saved('builder') && input('mounts')) saveMounts(program)
	if (saved('relay')) await stopRelay(Number(saved('relay')), saved('relaylog'))
	if (program && input('summary') !== 'false') summarize(program)
	if (saved('builder')) removeBuilder(saved('builder'))
})

// Builds of the plugin save what they used. This saves what the builds of other actions left in the builder of this job.
function saveMounts(program) {
	if (!run(program, ['--help']).stdout.match(/^\s+mounts\b/m)) return // main has warned
	const chosen = input('mounts') === 'true' ? [] : [input('mounts')]
	const env = { ...process.env, GITHUB_TOKEN: input('github-token') } // write: auto asks how full the cache is
	const { code, stdout, stderr } = run(program, ['mounts', 'save', '--builder', saved('builder'), ...chosen], { env })
	console.log(stdout.trim())
	if (code !== 0) note('warning', `the cache mounts were not saved: ${plain(stderr)}`)
	else if (stderr) console.log(stderr.trim())
}

// A summary that cannot be written does not fail a job that is done.
function summarize(program) {
	const token = input('github-token')
	const env = { ...process.env, GITHUB_TOKEN: token }
	const { code, stderr } = token ? run(program, ['du', '--summary'], { env }) : { code: 1, stderr: 'the input github-token is empty' }
	if (code === 0) return
	note(input('summary') === 'true' ? 'warning' : 'info', `no table of the cache in the summary: ${plain(stderr)}`, 'permissions: {actions: read}')
}

// plain takes the annotations out of what the plugin printed.
function plain(text) {
	return text.replace(/^::\w+::/gm, '').trim()
}
