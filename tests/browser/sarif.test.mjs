// SPDX-License-Identifier: Apache-2.0
// `sluice audit --format sarif` against the schema of SARIF 2.1.0 as it was published. The lab's
// sarif_check.py says what we ask beyond it.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import Ajv from 'ajv'
import { PROGRAM } from './harness.mjs'
import { startDemo } from './support.mjs'

const PACKAGE_SCHEMA = '@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json'
const GOLDEN = new URL('../unit/audit/golden/report.sarif', import.meta.url)
const FINDINGS = 1
const UNREACHABLE = 3

const require = createRequire(import.meta.url)
const ajv = new Ajv({ schemaId: 'id', meta: false, allErrors: true, format: 'full' })
ajv.addMetaSchema(require('ajv/lib/refs/json-schema-draft-04.json'))
const validate = ajv.compile(require(PACKAGE_SCHEMA))

/** What the schema has against a log, one line each. */
const faults = (log) =>
	validate(log) ? [] : validate.errors.map((e) => `${e.dataPath}: ${e.message}`)

/** Audits `url`; gives {code, log}. */
async function audit(url, ...words) {
	const args = ['audit', '--silent', '--quick', '--format', 'sarif', ...words, url]
	const child = execFile(PROGRAM, args, { maxBuffer: 16 << 20 })
	let text = ''
	child.stdout.on('data', (piece) => (text += piece))
	const [code] = await once(child, 'close')
	return { code, log: JSON.parse(text) }
}

/** A stream as nobody should serve it; gives its URL. */
async function startNaive(t) {
	const server = createServer((request, response) => {
		response.writeHead(200, {
			'Content-Type': 'text/event-stream',
			'Access-Control-Allow-Origin': request.headers.origin ?? '*',
			'Access-Control-Allow-Credentials': 'true',
			'X-Powered-By': 'näive "<b>"',
		})
		response.write('event: open\ndata: hello\n\nDATA: x\n\n')
	})
	server.listen(0, '127.0.0.1')
	await once(server, 'listening')
	t.after(() => {
		server.closeAllConnections()
		server.close()
	})
	return `http://127.0.0.1:${server.address().port}/stream`
}

const resultsOf = (log) => log.runs[0].results
const invocationOf = (log) => log.runs[0].invocations[0]

test('the findings of a naive server are SARIF', async (t) => {
	const { code, log } = await audit(await startNaive(t))
	assert.deepEqual(faults(log), [])
	assert.equal(code, FINDINGS)
	assert.ok(resultsOf(log).length > 10, `${resultsOf(log).length} results`)
})

test('a report without a serious finding is SARIF', async (t) => {
	const { origin } = await startDemo(t)
	const { code, log } = await audit(`${origin}/stream?topic=demo`)
	assert.deepEqual(faults(log), [])
	assert.equal(code, 0)
	assert.equal(invocationOf(log).executionSuccessful, true)
})

test('a partial report is SARIF', async (t) => {
	const { log } = await audit(await startNaive(t), '--max-requests', '4')
	assert.deepEqual(faults(log), [])
	assert.equal(invocationOf(log).executionSuccessful, false)
})

test('a report of a server that is not there is SARIF', async () => {
	const { code, log } = await audit('http://127.0.0.1:1/stream')
	assert.deepEqual(faults(log), [])
	assert.equal(code, UNREACHABLE)
})

const golden = () => JSON.parse(readFileSync(GOLDEN, 'utf8'))

test('the report that the unit tests hold fast is SARIF', () => {
	assert.deepEqual(faults(golden()), [])
})

const slips = [
	['another version', (log) => (log.version = '2.0.0')],
	['no runs', (log) => delete log.runs],
	['an odd member of a result', (log) => (resultsOf(log)[0].verdict = 'fail')],
	['a level that is none', (log) => (resultsOf(log)[0].level = 'fatal')],
	['a kind that is none', (log) => (resultsOf(log)[0].kind = 'failed')],
	['a result without a message', (log) => delete resultsOf(log)[0].message],
	['an index below none', (log) => (resultsOf(log)[0].ruleIndex = -2)],
	[
		'a place that is no reference',
		(log) => (resultsOf(log)[0].locations[0].physicalLocation.artifactLocation.uri = 'a b'),
	],
	['a fingerprint that is a number', (log) => (resultsOf(log)[0].partialFingerprints.a = 1)],
	['a tag twice', (log) => (log.runs[0].tool.driver.rules[0].properties.tags = ['a', 'a'])],
	['a date without a time', (log) => (invocationOf(log).startTimeUtc = '2026-11-22')],
	['success in words', (log) => (invocationOf(log).executionSuccessful = 'yes')],
]

for (const [name, slip] of slips) {
	test(`the schema finds ${name}`, () => {
		const log = golden()
		slip(log)
		assert.notDeepEqual(faults(log), [])
	})
}
