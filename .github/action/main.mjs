import { prepareBuilder } from './builder.mjs'
import { exposeRuntime, setEntries, setOptions } from './cache.mjs'
import { install } from './install.mjs'
import { startRelay } from './relay.mjs'
import { flag, input, main, save } from './runner.mjs'

await main(async () => {
	const program = await install(input('version'), { keep: flag('cache-binary'), token: input('github-token') })
	save('program', program)
	exposeRuntime()
	const relay = await startRelay(program)
	prepareBuilder(relay?.ACTIONS_RESULTS_URL)
	setOptions(program)
	setEntries(program, relay)
})
