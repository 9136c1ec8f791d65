// SPDX-License-Identifier: Apache-2.0
// The page of `serve --demo`, under its own Content-Security-Policy.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Chrome, eventually, receivedBy, startDemo } from './support.mjs'

const CSP =
	"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
	"img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const chrome = new Chrome()
before(() => chrome.start())
after(() => chrome.stop())

const textOf = (page, selector) => page.locator(selector).first().textContent()

async function whenTicks(page, count) {
	const ticks = page.locator('#events .tick')
	await eventually(async () => (await ticks.count()) >= count, `${count} ticks on the page`)
}

async function openDemo(t) {
	const server = await startDemo(t)
	const page = await chrome.open(t, 'about:blank')
	page.streams = []
	page.on('request', (request) => {
		const { pathname, searchParams } = new URL(request.url())
		if (pathname === '/stream') page.streams.push(searchParams)
	})
	const response = await page.goto(`${server.origin}/`)
	assert.equal(response.headers()['content-security-policy'], CSP)
	await whenTicks(page, 2)
	return { server, page }
}

// Every test ends with it: nothing was blocked, nothing failed.
async function assertCalm(page) {
	assert.deepEqual((await receivedBy(page)).violations, [])
	assert.deepEqual(page.complaints, [])
}

test('is live, and the state has a name and a time', async (t) => {
	const { page } = await openDemo(t)
	assert.equal(await textOf(page, '#state'), 'Live')
	assert.match(await textOf(page, '#since'), /^Last event [0-9.]+ s ago$/)
	assert.match(await page.title(), /^Live/)
	assert.ok(Number(await textOf(page, '#count')) >= 3)
	await assertCalm(page)
})

test('shows every field of the stream, and why it is there', async (t) => {
	const { page } = await openDemo(t)
	const rows = page.locator('#fields tr:visible')
	const read = () =>
		rows.evaluateAll((all) => all.map(({ cells }) => [...cells[0].children, cells[1]].map((c) => c.innerText.trim())))
	const table = await eventually(async () => {
		const rows = await read()
		return rows.some(([name]) => name === 'Content-Type') && rows
	}, 'the table of the response head')
	const values = new Map(table.map(([name, value]) => [name, value]))
	assert.equal(values.get('Content-Type'), 'text/event-stream; charset=utf-8')
	assert.equal(values.get('Cache-Control'), 'no-cache, no-store, no-transform, private')
	assert.equal(values.get('X-Content-Type-Options'), 'nosniff')
	assert.equal(values.get('Access-Control-Allow-Origin'), 'not sent')
	for (const row of table) assert.ok(row.every((text) => text !== ''), row.join(' | '))
	assert.match(await textOf(page, '#never'), /^Left out on purpose/)
	assert.match(await textOf(page, '#status-line'), / 200 OK$/)
	assert.equal(await page.locator('tr.unknown').count(), 0)
	await assertCalm(page)
})

test('Reconnect takes up the stream at the last id', async (t) => {
	const { page } = await openDemo(t)
	const before = Number((await textOf(page, '#events .tick .text')).slice('tick '.length))
	await page.click('#reconnect')
	const newest = async () => Number((await textOf(page, '#events .tick .text')).slice(5))
	await eventually(async () => (await newest()) >= before + 2, 'two more ticks')
	const reopened = page.streams.at(-1)
	assert.match(reopened.get('last-event-id') ?? '', /^[A-Za-z0-9._~-]+$/)
	assert.equal(await textOf(page, '#continuity'), 'none')
	await assertCalm(page)
})

test('a cut of five seconds is filled with what was missed', async (t) => {
	const { page } = await openDemo(t)
	await page.click('#cut')
	assert.equal(await textOf(page, '#state'), 'Cut')
	await eventually(async () => (await textOf(page, '#state')) === 'Live', 'the way back')
	const caughtUp = page.locator('#water .caught-up')
	await eventually(async () => (await caughtUp.count()) >= 2, 'hollow drops in the gap')
	assert.equal(await textOf(page, '#continuity'), 'none')
	await assertCalm(page)
})

test('a published event is shown as text, whatever it holds', async (t) => {
	const { server, page } = await openDemo(t)
	const hostile = '<img src=x onerror="document.title=\'owned\'">\n<script>alert(1)</script>'
	await server.publish('demo', hostile)
	await page.locator('#events .message').waitFor()
	assert.equal(await textOf(page, '#events .message .text'), hostile)
	assert.equal(await page.locator('#events img, #events script').count(), 0)
	await server.publish('demo', 'not a tick', 'tick')
	await page.locator('#events .message', { hasText: 'not a tick' }).waitFor()
	await assertCalm(page)
})

test('Pause holds new events back, Resume shows them', async (t) => {
	const { server, page } = await openDemo(t)
	await page.click('#pause')
	await server.publish('demo', 'while paused')
	await eventually(async () => /[2-9] waiting/.test(await textOf(page, '#waiting')), 'held events')
	assert.equal(await page.locator('#events .message').count(), 0)
	await page.click('#pause')
	await page.locator('#events .message', { hasText: 'while paused' }).waitFor()
	await assertCalm(page)
})

test('a server that goes down says so, and the page dials again', async (t) => {
	const { server, page } = await openDemo(t)
	await server.stop()
	await page.locator('#events .notice.serious', { hasText: 'draining' }).waitFor()
	await eventually(async () => (await textOf(page, '#state')) === 'Reconnecting', 'the redial')
	assert.deepEqual((await receivedBy(page)).violations, [])
})
