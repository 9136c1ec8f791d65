// SPDX-License-Identifier: Apache-2.0
// Runs every *.test.mjs here, one after the other, and prints TAP; exits 1 if one failed. With a
// word: the tests of that name alone.
import { readdirSync } from 'node:fs'
import { finished } from 'node:stream/promises'
import { run } from 'node:test'
import { tap } from 'node:test/reporters'
import { fileURLToPath } from 'node:url'

const TIMEOUT_MS = 120_000
const [only] = process.argv.slice(2)
const here = new URL('.', import.meta.url)
const files = readdirSync(here)
	.filter((name) => name.endsWith('.test.mjs'))
	.sort()
	.map((name) => fileURLToPath(new URL(name, here)))

let ran = 0
let failed = false
const name = only && new RegExp(`^${only.replace(/[^\w ]/g, '\\$&')}$`)
const events = run({ files, concurrency: 1, timeout: TIMEOUT_MS, testNamePatterns: name })
events.on('test:pass', ({ skip }) => {
	if (skip === undefined) ran++
})
events.on('test:fail', () => {
	failed = true
})
const output = events.compose(tap)
output.pipe(process.stdout)
await finished(output)
process.exitCode = failed || ran === 0 ? 1 : 0
