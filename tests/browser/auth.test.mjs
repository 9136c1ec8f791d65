// SPDX-License-Identifier: Apache-2.0
// Streams of somebody: cookies, tickets, the cookie that a ticket is exchanged for, revocation.
// The page is that of examples/browser, or an empty one that imports sluice.js.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import {
	Chrome,
	SUBSCRIBER,
	eventually,
	messages,
	numbersTo,
	openWithModule,
	publishNumbers,
	receivedBy,
	revoke,
	startPages,
	startShop,
	startStream,
	startWire,
	ticketFor,
	whenReceived,
} from './support.mjs'

const chrome = new Chrome()
before(() => chrome.start())
after(() => chrome.stop())

const STREAM_HEADERS = { Accept: 'text/event-stream' }
/* What marks a browser's own EventSource that was streaming before. */
const REDIAL_HEADERS = {
	...STREAM_HEADERS,
	'Sec-Fetch-Mode': 'cors',
	'Sec-Fetch-Dest': 'empty',
	'Last-Event-ID': 'x',
}

const isLive = ({ state }) => state === 'live'
const tickets = (wire) => wire.requests.filter((text) => /[?&]ticket=/.test(text)).length

/* The example's application and page, and a hub behind a wire that can be cut. */
async function startExample(t) {
	const folder = mkdtempSync(join(tmpdir(), 'shop-'))
	t.after(() => rmSync(folder, { recursive: true }))
	const keys = join(folder, 'keys')
	writeFileSync(keys, `${SUBSCRIBER.name} ${SUBSCRIBER.key}\n`)
	const wire = await startWire(t)
	const shop = await startShop(t, wire.origin, keys)
	const server = await startStream(t, { cors: { origins: [shop], credentials: true } })
	wire.aim(server.origin)
	const page = await chrome.open(t, `${shop}/`)
	return { wire, shop, server, page }
}

const stateOf = (page) => page.locator('#state').textContent()
const ordersOf = (page) => page.locator('#orders li').allTextContents()

async function logIn(page) {
	await page.click('#login button')
	await eventually(async () => (await stateOf(page)) === 'live', 'the stream of the example')
}

test('a page with a session cookie reads its own stream', async (t) => {
	const pages = await startPages(t)
	const server = await startStream(t, { cors: { origins: [pages], credentials: true } })
	const cookies = [{ url: server.origin, name: 'session', value: SUBSCRIBER.key }]
	const page = await chrome.open(t, `${pages}/`, { cookies })
	await openWithModule(page, `${server.origin}/stream?topic=private/a`)
	const { events } = await whenReceived(page, (r) => r.events.length > 0, 'the first event')
	assert.equal(JSON.parse(events[0].data).userId, SUBSCRIBER.name)
	await server.publish('private/a', 'for alice')
	await whenReceived(page, (r) => messages(r).includes('for alice'), 'her event')
	assert.deepEqual(page.complaints, [])
})

test('a page without a session is told that it needs one', async (t) => {
	const pages = await startPages(t)
	const server = await startStream(t, { cors: { origins: [pages], credentials: true } })
	const page = await chrome.open(t, `${pages}/`)
	await openWithModule(page, `${server.origin}/stream?topic=private/a`)
	const { failures } = await whenReceived(page, ({ state }) => state === 'closed', 'the end')
	assert.deepEqual(failures, [401])
})

test('the page of the example logs in and reads with a ticket', async (t) => {
	const { wire, server, page } = await startExample(t)
	await logIn(page)
	await server.publish('orders', 'one <b>book</b>', 'order')
	await eventually(async () => (await ordersOf(page)).length === 1, 'the order on the page')
	assert.deepEqual(await ordersOf(page), ['one <b>book</b>'])
	const sent = wire.requests.filter((text) => text.startsWith('GET')).join('')
	assert.ok(!sent.includes(SUBSCRIBER.key), 'the key left the backend')
	const ticket = /[?&]ticket=([\w-]+)/.exec(sent)[1]
	assert.ok(!JSON.stringify(server.log).includes(ticket), 'the log holds the ticket')
	assert.deepEqual((await receivedBy(page)).violations, [])
})

test('without a login the example has no ticket to give', async (t) => {
	const { shop, page } = await startExample(t)
	const status = await page.evaluate(
		async (url) => (await fetch(url, { method: 'POST' })).status,
		`${shop}/stream-ticket`,
	)
	assert.equal(status, 401)
})

test('the cookie that a ticket is exchanged for keeps the stream across a cut', async (t) => {
	const { wire, server, page } = await startExample(t)
	await logIn(page)
	const asked = () => wire.requests.filter((text) => text.startsWith('POST')).length
	const before = asked()
	const publisher = publishNumbers((topic, data) => server.publish(topic, data), 'orders')
	for (const cuts of [1, 2]) {
		/* Their number stands still at a hundred. */
		const [newest] = await ordersOf(page)
		await eventually(async () => (await ordersOf(page))[0] !== newest, 'orders')
		wire.cut()
		await eventually(() => tickets(wire) > cuts, 'the redial of the same URL')
	}
	const last = await publisher.stop()
	await server.publish('orders', 'last')
	await eventually(async () => (await ordersOf(page))[0] === 'last', 'the last order')
	/* Newest first, and the page keeps a hundred. */
	const expected = [...numbersTo(last), 'last'].reverse().slice(0, 100)
	assert.deepEqual(await ordersOf(page), expected)
	assert.equal(asked(), before, 'a ticket was asked for, where the cookie should have done')
	const redial = wire.requests.findLast((text) => /[?&]ticket=/.test(text))
	assert.match(redial, /^cookie: .*sluice-resume=/im)
})

test('a ticket is good once', async (t) => {
	const server = await startStream(t)
	const { url, expiresIn } = await ticketFor(server.origin, SUBSCRIBER.key, ['private/a'])
	assert.ok(expiresIn > 0 && expiresIn <= 60)
	const control = new AbortController()
	const first = await fetch(server.origin + url, {
		headers: STREAM_HEADERS,
		signal: control.signal,
	})
	assert.equal(first.status, 200)
	assert.match(first.headers.get('set-cookie'), /^sluice-resume=[\w-]+;.*path=\/stream.*httponly/i)
	control.abort()
	const again = await fetch(server.origin + url, { headers: STREAM_HEADERS })
	assert.equal(again.status, 401)
	assert.equal(again.headers.get('set-cookie'), null)
	await again.text()
})

test('a browser that redials a spent ticket without its cookie is told softly', async (t) => {
	const server = await startStream(t)
	const { url } = await ticketFor(server.origin, SUBSCRIBER.key, ['private/a'])
	const control = new AbortController()
	await fetch(server.origin + url, { headers: STREAM_HEADERS, signal: control.signal })
	control.abort()
	const again = await fetch(server.origin + url, { headers: REDIAL_HEADERS })
	assert.equal(again.status, 200)
	assert.match(await again.text(), /^retry: \d+\nevent: auth_expired\ndata: \{\}\n\n$/m)
})

test('a page that may not keep cookies gets a new ticket after a cut', async (t) => {
	const pages = await startPages(t)
	const server = await startStream(t, { cors: { origins: [pages], credentials: true } })
	const wire = await startWire(t, server.origin)
	const page = await chrome.open(t, `${pages}/`)
	let given = 0
	await page.exposeFunction('giveTicket', async () => {
		given++
		return ticketFor(server.origin, SUBSCRIBER.key, ['private/a'])
	})
	await openWithModule(page, `${wire.origin}/stream?topic=private/a`, { withCredentials: false })
	await whenReceived(page, isLive, 'the stream')
	const publisher = publishNumbers(server.publish, 'private/a')
	await whenReceived(page, (r) => messages(r).length > 0, 'events before the cut')
	wire.cut()
	await eventually(() => given === 2, 'a second ticket')
	await whenReceived(page, isLive, 'the stream again')
	const last = await publisher.stop()
	const received = await whenReceived(page, (r) => messages(r).length >= last, 'the last event')
	assert.deepEqual(messages(received), numbersTo(last))
})

test('revocation ends the stream at once, and for good', async (t) => {
	const { shop, server, page } = await startExample(t)
	await logIn(page)
	await revoke(server.origin, { sub: SUBSCRIBER.name })
	await eventually(async () => (await stateOf(page)) === 'closed', 'the end on the page')
	const closed = await eventually(
		() => server.log.find(({ event }) => event === 'sse_disconnect'),
		'the end in the log',
	)
	assert.equal(closed.origin, shop)
	assert.equal(closed.reason, 'revoked')
})
