import { removeBuilder } from './builder.mjs'
import { input, main, note, run, saved } from './runner.mjs'

await main(async () => {
	if (saved('program') && input('summary') !== 'false') summarize(saved('program'))
	if (saved('builder')) removeBuilder(saved('builder'))
})

// A summary that cannot be written does not fail a job that is done.
function summarize(program) {
	const token = input('github-token')
	const env = { ...process.env, GITHUB_TOKEN: token }
	const { code, stderr } = token ? run(program, ['du', '--summary'], { env }) : { code: 1, stderr: 'the input github-token is empty' }
	if (code === 0) return
	const text = `no table of the cache in the summary: ${stderr.replace(/^::\w+::/gm, '').trim()}`
	note(input('summary') === 'true' ? 'warning' : 'info', text, 'permissions: {actions: read}')
}
