// SPDX-License-Identifier: Apache-2.0
// Many tabs on one origin. A browser opens six connections of HTTP/1.1 to a host, and each stream
// holds one; HTTP/2 carries them all on one connection.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Chrome, eventually, startDemo, startSecureDemo } from './support.mjs'

const HTTP_1_CONNECTIONS = 6
const TABS = 12

const chrome = new Chrome()
before(() => chrome.start())
after(() => chrome.stop())

const isLive = async (page) =>
	(await page.locator('#state').first().textContent({ timeout: 1000 }).catch(() => '')) === 'Live'

/** Tabs of one profile, opened one after the other: they share the connections to the origin. */
async function openAll(t, profile, origin, count) {
	const pages = []
	while (pages.length < count) {
		const page = await chrome.open(t, `${origin}/`, { profile })
		await eventually(() => isLive(page), `tab ${pages.length + 1} to be live`)
		pages.push(page)
	}
	return pages
}

/** All of them get an event that is published now: they are live, not only open. */
async function assertAllReceive(server, pages, text) {
	await server.publish('demo', text)
	for (const page of pages) await page.locator('#events .message', { hasText: text }).waitFor()
}

const opened = (server) => server.log.filter(({ event }) => event === 'sse_connect')
const closed = (server) => server.log.filter(({ event }) => event === 'sse_disconnect')

/** Each page also reads the head of a stream once, to show it: what counts is what stays open. */
const whenOpen = (server, count) =>
	eventually(() => opened(server).length - closed(server).length === count, `${count} streams`)

test('twelve tabs on one origin are all live over HTTP/2', async (t) => {
	const server = await startSecureDemo(t)
	const pages = await openAll(t, await chrome.profile(t), server.origin, TABS)
	await assertAllReceive(server, pages, 'to all twelve')
	await whenOpen(server, TABS)
	assert.deepEqual([...new Set(opened(server).map(({ proto }) => proto))], ['HTTP/2'])
	t.diagnostic(`${TABS} tabs live over HTTP/2`)
})

test('over HTTP/1.1 the seventh tab waits for one of six to close', async (t) => {
	const server = await startDemo(t)
	const profile = await chrome.profile(t)
	const pages = await openAll(t, profile, server.origin, HTTP_1_CONNECTIONS)
	const seventh = await chrome.open(t, 'about:blank', { profile })
	let arrived = false
	const going = seventh.goto(`${server.origin}/`).then(() => (arrived = true))
	await assertAllReceive(server, pages, 'to six of seven')
	assert.equal(arrived, false)
	await whenOpen(server, HTTP_1_CONNECTIONS)
	await pages[0].close()
	await going
	await eventually(() => isLive(seventh), 'the seventh tab to be live')
	t.diagnostic('the seventh tab waited until one of six was closed')
})
