// SPDX-License-Identifier: Apache-2.0
// A page's own EventSource: which pages may read which streams.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
	Chrome,
	PAGE,
	SUBSCRIBER,
	eventually,
	messages,
	receivedBy,
	startPages,
	startStream,
	whenReceived,
} from './support.mjs'

const chrome = new Chrome()
before(() => chrome.start())
after(() => chrome.stop())

const listen = (page, url, init) =>
	page.evaluate(([url, init]) => window.listen(url, init), [url, init])
const isOpen = ({ events }) => events.some(({ type }) => type === 'connected')

const whenRefused = (server) =>
	eventually(() => server.log.find(({ event }) => event === 'sse_refuse'), 'a refusal in the log')

async function assertReads(page, server, topic) {
	await whenReceived(page, isOpen, 'the first event')
	await server.publish(topic, 'line one\nline two')
	const received = await whenReceived(page, (r) => messages(r).length > 0, 'a message')
	assert.deepEqual(messages(received), ['line one\nline two'])
	assert.equal(received.errors, 0)
	return received
}

test('a page of the same origin reads the stream', async (t) => {
	const server = await startStream(t)
	const page = await chrome.open(t, 'about:blank')
	const url = `${server.origin}/app`
	await page.route(url, (route) => route.fulfill({ contentType: 'text/html', body: PAGE }))
	await page.goto(url)
	await page.unroute(url)
	await listen(page, '/stream?topic=news/a')
	const received = await assertReads(page, server, 'news/a')
	assert.ok(received.events.every(({ id }) => id !== ''))
})

test('a page of an allowed origin reads a public topic without credentials', async (t) => {
	const pages = await startPages(t)
	const server = await startStream(t, { cors: { origins: [pages] } })
	const page = await chrome.open(t, `${pages}/`)
	await listen(page, server.stream)
	await assertReads(page, server, 'news/a')
	assert.deepEqual(page.complaints, [])
	const opened = await eventually(
		() => server.log.find(({ event }) => event === 'sse_connect'),
		'the log line of the connect',
	)
	assert.equal(opened.origin, pages)
	assert.equal(opened.corsAllowed, true)
})

test('a page of an allowed origin reads a private topic with its cookie', async (t) => {
	const pages = await startPages(t)
	const server = await startStream(t, { cors: { origins: [pages], credentials: true } })
	const cookies = [{ url: server.origin, name: 'session', value: SUBSCRIBER.key }]
	const page = await chrome.open(t, `${pages}/`, { cookies })
	await listen(page, `${server.origin}/stream?topic=private/a`, { withCredentials: true })
	const received = await assertReads(page, server, 'private/a')
	assert.equal(JSON.parse(received.events[0].data).userId, SUBSCRIBER.name)
	assert.ok(!JSON.stringify(server.log).includes(SUBSCRIBER.key), 'the log holds the key')
})

test('a page that sends no credentials is refused the private topic', async (t) => {
	const pages = await startPages(t)
	const server = await startStream(t, { cors: { origins: [pages], credentials: true } })
	const page = await chrome.open(t, `${pages}/`)
	await listen(page, `${server.origin}/stream?topic=private/a`, { withCredentials: true })
	const received = await whenReceived(page, ({ state }) => state === 'closed', 'the refusal')
	assert.deepEqual(received.events, [])
})

test('a stream that does not allow credentials is not read with them', async (t) => {
	const pages = await startPages(t)
	const server = await startStream(t, { cors: { origins: [pages] } })
	const page = await chrome.open(t, `${pages}/`)
	await listen(page, server.stream, { withCredentials: true })
	const received = await whenReceived(page, ({ state }) => state === 'closed', 'the refusal')
	assert.deepEqual(received.events, [])
})

test('a page of a foreign origin gets an error and never an event', async (t) => {
	const [pages, foreign] = [await startPages(t), await startPages(t)]
	const server = await startStream(t, { cors: { origins: [pages], credentials: true } })
	const cookies = [{ url: server.origin, name: 'session', value: SUBSCRIBER.key }]
	const stranger = await chrome.open(t, `${foreign}/`, { cookies })
	const friend = await chrome.open(t, `${pages}/`, { cookies })
	await listen(stranger, server.stream, { withCredentials: true })
	await listen(friend, server.stream, { withCredentials: true })
	await whenReceived(stranger, ({ state }) => state === 'closed', 'the refusal')
	await assertReads(friend, server, 'news/a')

	const received = await receivedBy(stranger)
	assert.deepEqual(received.events, [])
	assert.equal(received.errors, 1)
	const refused = await whenRefused(server)
	assert.equal(refused.corsAllowed, false)
	assert.equal(refused.origin, foreign)
})

test('a sandboxed page, whose origin is null, is refused', async (t) => {
	const pages = await startPages(t, { 'Content-Security-Policy': 'sandbox allow-scripts' })
	const server = await startStream(t, { cors: { origins: [pages] } })
	const page = await chrome.open(t, `${pages}/`)
	await listen(page, server.stream)
	const received = await whenReceived(page, ({ state }) => state === 'closed', 'the refusal')
	assert.deepEqual(received.events, [])
	const refused = await whenRefused(server)
	assert.equal(refused.corsAllowed, false)
	assert.equal(refused.origin, 'null')
})

test('a stream cannot be opened as a document', async (t) => {
	const server = await startStream(t)
	const page = await chrome.open(t, 'about:blank')
	const response = await page.goto(server.stream)
	assert.equal(response.status(), 403)
	assert.match(await page.textContent('body'), /cross_site_refused/)
})

for (const tag of ['img', 'script', 'iframe']) {
	test(`a stream cannot be embedded by another site as ${tag}`, async (t) => {
		const [pages, server] = [await startPages(t), await startStream(t)]
		const page = await chrome.open(t, `${pages}/`)
		await page.evaluate(
			([tag, src]) => document.body.append(Object.assign(document.createElement(tag), { src })),
			[tag, server.stream],
		)
		assert.equal((await whenRefused(server)).rule, 'G404')
	})
}

test('a page whose own CSP leaves out the stream is blocked before it asks', async (t) => {
	const pages = await startPages(t, { 'Content-Security-Policy': "connect-src 'self'" })
	const server = await startStream(t, { cors: { origins: [pages] } })
	const page = await chrome.open(t, `${pages}/`)
	await listen(page, server.stream).catch(() => {})
	const received = await whenReceived(page, (r) => r.violations.length > 0, 'the violation')
	assert.match(received.violations[0], /^connect-src /)
	assert.deepEqual(received.events, [])
	assert.deepEqual(server.log.filter(({ event }) => event === 'sse_connect'), [])
})
