// SPDX-License-Identifier: Apache-2.0
// sluice.js without a browser: a scripted EventSource, a scripted fetch and a clock set by hand.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, test } from 'node:test'

// Served as a module, but to Node a .js file without a package is none.
const MODULE = new URL('../../src/cmd/demo/sluice.js', import.meta.url)
const { SluiceStream, openStream } = await import(
	`data:text/javascript,${encodeURIComponent(readFileSync(MODULE, 'utf8'))}`
)

const URL_ = 'https://hub.example/stream?topic=a&topic=b'
const TICKETS = ['ticket-number-one-', 'ticket-number-two-', 'ticket-number-three']
const JWT = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9LCJ4IjoxfQ.c2lnbmF0dXJl'
const MINUTE_MS = 60_000

const real = { setTimeout, clearTimeout, now: Date.now, random: Math.random }
let clock

beforeEach(() => {
	clock = new Clock()
	globalThis.setTimeout = (run, ms) => clock.add(run, ms)
	globalThis.clearTimeout = (timer) => clock.timers.delete(timer)
	Date.now = () => clock.now
	Math.random = () => 0.5
	FakeSource.all = []
})

afterEach(() => {
	Object.assign(globalThis, { setTimeout: real.setTimeout, clearTimeout: real.clearTimeout })
	Object.assign(Date, { now: real.now })
	Object.assign(Math, { random: real.random })
	delete globalThis.document
})

const settle = () => new Promise(setImmediate)

class Clock {
	now = 1_000_000
	timers = new Map()

	add(run, ms) {
		const timer = {}
		this.timers.set(timer, { run, at: this.now + ms })
		return timer
	}

	/* Milliseconds to the next timer. */
	get wait() {
		return Math.min(...[...this.timers.values()].map(({ at }) => at)) - this.now
	}

	async pass(ms) {
		const end = this.now + ms
		while (this.wait <= end - this.now) {
			const [timer, { run, at }] = [...this.timers].sort(([, a], [, b]) => a.at - b.at)[0]
			this.timers.delete(timer)
			this.now = at
			run()
			await settle()
		}
		this.now = end
	}
}

class FakeSource extends EventTarget {
	static all = []
	readyState = 0

	constructor(url, init) {
		super()
		Object.assign(this, { url: new URL(url), init })
		FakeSource.all.push(this)
	}

	get params() {
		return this.url.searchParams
	}

	open() {
		this.readyState = 1
		this.dispatchEvent(new Event('open'))
	}

	say(type, data = {}, lastEventId = '') {
		if (this.readyState === 2) return
		this.dispatchEvent(new MessageEvent(type, { data: JSON.stringify(data), lastEventId }))
	}

	live(id = 'id-1') {
		this.open()
		this.say('connected', { connected: true }, id)
	}

	/** Readable to nobody: `state` 0 where the browser dials again, 2 where it was refused. */
	fail(state) {
		this.readyState = state
		this.dispatchEvent(new Event('error'))
	}

	close() {
		this.readyState = 2
	}
}

/* Gives the stream and a record of it; `answers` are what fetch gives, one after the other. */
async function start(options = {}, answers = []) {
	const seen = { states: [], errors: [], events: [], requests: [] }
	const fetch = async (url, init) => {
		seen.requests.push({ url: String(url), ...init })
		const answer = answers.shift()
		if (answer instanceof Error) throw answer
		return answer
	}
	const stream = openStream(URL_, { EventSource: FakeSource, fetch, ...options })
	stream.addEventListener('statechange', () => seen.states.push(stream.state))
	stream.addEventListener('error', ({ status, message }) => seen.errors.push({ status, message }))
	stream.addEventListener('message', ({ data }) => seen.events.push(data))
	await settle()
	return { stream, seen }
}

const source = () => FakeSource.all.at(-1)
const dials = () => FakeSource.all.length
const givesTickets = () => {
	const asks = []
	const left = [...TICKETS]
	const ticket = async (ask) => {
		asks.push(ask)
		return { ticket: left.shift(), expiresIn: 60 }
	}
	return { asks, ticket }
}
const answer = (status, headers = {}) => new Response(null, { status, headers })

test('opens with cookies and nothing in the URL but the topics', async () => {
	const { stream, seen } = await start()
	assert.equal(source().url.href, URL_)
	assert.equal(source().init.withCredentials, true)
	assert.equal(stream.state, 'connecting')
	source().live()
	assert.deepEqual(seen.states, ['live'])
	assert.equal(stream.lastEventId, 'id-1')
})

test('opens with a ticket that a function gives for topics and route', async () => {
	const { asks, ticket } = givesTickets()
	await start({ ticket })
	assert.deepEqual(asks, [{ topics: ['a', 'b'], route: '/stream' }])
	assert.equal(source().params.get('ticket'), TICKETS[0])
})

test('opens with a ticket that a URL gives for a cookie', async () => {
	const given = Response.json({ ticket: TICKETS[0], expiresIn: 60, url: '/stream?x' })
	const { seen } = await start({ ticket: '/stream-ticket' }, [given])
	const [{ url, method, credentials, body }] = seen.requests
	assert.deepEqual([url, method, credentials], ['/stream-ticket', 'POST', 'include'])
	assert.deepEqual(JSON.parse(body), { topics: ['a', 'b'], route: '/stream' })
	assert.equal(source().params.get('ticket'), TICKETS[0])
})

test('a bearer token never reaches a URL', async () => {
	assert.throws(() => new SluiceStream(`${URL_}&access_token=${JWT}`), TypeError)
	const { stream, seen } = await start({ ticket: async () => JWT })
	assert.equal(stream.state, 'closed')
	assert.equal(seen.errors.length, 1)
	assert.equal(dials(), 0)
})

test('passes on every event that is listened to, also later, and only once', async () => {
	const names = []
	const note = ({ type, data, lastEventId }) => names.push([type, data, lastEventId])
	const { stream } = await start({ on: { order: note } })
	stream.addEventListener('price', note)
	source().live()
	stream.addEventListener('late', note)
	stream.addEventListener('late', () => {})
	for (const name of ['order', 'price', 'late']) source().say(name, name, `id-${name}`)
	assert.deepEqual(names, [
		['order', '"order"', 'id-order'],
		['price', '"price"', 'id-price'],
		['late', '"late"', 'id-late'],
	])
	assert.equal(stream.lastEventId, 'id-late')
})

test('a publisher cannot fake what the module says itself', async () => {
	const { stream, seen } = await start()
	source().live()
	for (const name of ['error', 'statechange', 'open']) source().say(name, { status: 401 })
	assert.deepEqual(seen.errors, [])
	assert.deepEqual(seen.states, ['live'])
	assert.equal(stream.state, 'live')
})

test('leaves a cut to the browser, which knows retry and the last id', async () => {
	const { stream } = await start()
	source().live()
	source().fail(0)
	assert.equal(stream.state, 'reconnecting')
	source().live('id-2')
	assert.equal(stream.state, 'live')
	assert.equal(dials(), 1)
})

test('comes back with a new ticket and the last id when the credential ends', async () => {
	const { asks, ticket } = givesTickets()
	const { stream, seen } = await start({ ticket })
	source().live()
	source().say('message', 1, 'id-7')
	source().say('auth_expiring', { in: 30 })
	await clock.pass(7500)
	assert.equal(asks.length, 2, 'a ticket is fetched in the first half of the time left')
	await clock.pass(22_000)
	source().say('auth_expired')
	assert.equal(source().readyState, 2, 'else the browser would show the spent ticket again')
	await settle()
	assert.equal(asks.length, 2)
	assert.equal(dials(), 2)
	assert.equal(source().params.get('ticket'), TICKETS[1])
	assert.equal(source().params.get('last-event-id'), 'id-7')
	source().live('id-7')
	source().say('message', 2, 'id-8')
	assert.deepEqual(seen.events, ['1', '2'])
	assert.deepEqual(seen.states, ['live', 'reconnecting', 'live'])
	assert.equal(stream.lastEventId, 'id-8')
})

test('a ticket that went stale while it waited is fetched again', async () => {
	const { asks, ticket } = givesTickets()
	await start({ ticket, staleAfter: 10 * MINUTE_MS })
	source().live()
	source().say('auth_expiring', { in: 30 })
	await clock.pass(2 * MINUTE_MS)
	source().say('auth_expired')
	await settle()
	assert.equal(asks.length, 3)
	assert.equal(source().params.get('ticket'), TICKETS[2])
})

test('a renewal that fails ahead of time is tried again at the end', async () => {
	let calls = 0
	const renew = async () => {
		if (++calls === 1) throw new Error('offline')
	}
	await start({ renew })
	source().live()
	source().say('auth_expiring', { in: 4 })
	await clock.pass(1000)
	assert.equal(calls, 1)
	source().say('auth_expired')
	await settle()
	assert.equal(calls, 2)
	assert.equal(dials(), 2)
})

test('without renewal, an ended session is asked about and then final', async () => {
	const { stream, seen } = await start({}, [answer(401)])
	source().live()
	source().say('auth_expired')
	await settle()
	assert.equal(stream.state, 'closed')
	assert.equal(seen.errors[0].status, 401)
	assert.equal(dials(), 1)
	assert.equal(clock.timers.size, 0)
})

test('an expiry that repeats at once leads to waiting, never to a spin', async () => {
	const { ticket } = givesTickets()
	await start({ ticket })
	source().open()
	source().say('auth_expired')
	await settle()
	assert.equal(dials(), 2)
	source().open()
	source().say('auth_expired')
	await settle()
	assert.equal(dials(), 2)
	assert.ok(clock.wait >= 1000)
})

for (const status of [204, 400, 401, 403, 404, 406]) {
	test(`a refusal with ${status} is final and says so`, async () => {
		const { stream, seen } = await start({}, [answer(status)])
		source().fail(2)
		await clock.pass(MINUTE_MS)
		assert.equal(stream.state, 'closed')
		assert.equal(seen.errors.length, 1)
		assert.equal(seen.errors[0].status, status)
		assert.equal(dials(), 1)
	})
}

for (const status of [429, 500, 503]) {
	test(`a refusal with ${status} is tried again after what it asks for`, async () => {
		const again = answer(status, { 'Retry-After': '20' })
		const { stream, seen } = await start({}, [again, answer(200)])
		source().fail(2)
		await clock.pass(2000)
		assert.equal(seen.requests.length, 1)
		assert.ok(clock.wait >= 18_000)
		await clock.pass(30_000)
		assert.equal(dials(), 2)
		source().live()
		assert.equal(stream.state, 'live')
	})
}

test('waits longer each time, never past 30 s, with the whole span as jitter', async () => {
	const waits = []
	Math.random = () => 0.999999
	await start({ ticket: () => Promise.reject(new Error('offline')) })
	for (let i = 0; i < 8; i++) {
		waits.push(Math.round(clock.wait / 1000))
		await clock.pass(clock.wait)
	}
	assert.deepEqual(waits, [2, 4, 8, 16, 30, 30, 30, 30])
	Math.random = () => 0
	await clock.pass(clock.wait)
	assert.equal(clock.wait, 1000)
})

test('honours the wait that a farewell asks for', async () => {
	await start()
	source().live()
	source().say('draining', { retry: 25_000 })
	source().fail(2)
	assert.ok(clock.wait >= 25_000)
})

test('a stream that never spoke and refuses unreadably ends after six times', async () => {
	const blocked = Array.from({ length: 9 }, () => new TypeError('Failed to fetch'))
	const { stream, seen } = await start({}, blocked)
	source().fail(2)
	await clock.pass(5 * MINUTE_MS)
	assert.equal(stream.state, 'closed')
	assert.deepEqual(seen.errors, [{ status: 0, message: 'Failed to fetch' }])
	assert.equal(seen.requests.length, 6)
})

test('a stream that spoke before is never given up for silence of the network', async () => {
	const blocked = Array.from({ length: 40 }, () => new TypeError('Failed to fetch'))
	const { stream } = await start({}, blocked)
	source().live()
	source().fail(2)
	await clock.pass(5 * MINUTE_MS)
	assert.equal(stream.state, 'reconnecting')
})

test('a ticket that the page may not have ends the stream', async () => {
	const { seen } = await start({ ticket: '/stream-ticket' }, [answer(401)])
	assert.equal(seen.errors[0].status, 401)
	assert.deepEqual(seen.states, ['closed'])
})

test('is stale after silence, live again at the next event', async () => {
	const { stream } = await start()
	source().live()
	await clock.pass(44_999)
	assert.equal(stream.state, 'live')
	await clock.pass(1)
	assert.equal(stream.state, 'stale')
	assert.equal(dials(), 1, 'without heartbeats a quiet stream may be well')
	source().say('message', 1)
	assert.equal(stream.state, 'live')
	await clock.pass(45_000)
	assert.equal(stream.state, 'stale')
})

test('is dialled again after silence where the server sends heartbeats', async () => {
	const { stream } = await start()
	source().live()
	source().say('heartbeat')
	await clock.pass(45_000)
	assert.equal(dials(), 2)
	assert.equal(source().params.get('last-event-id'), 'id-1')
	assert.equal(stream.state, 'reconnecting')
})

test('a page that thaws dials again only where it was silent for too long', async () => {
	globalThis.document = Object.assign(new EventTarget(), { visibilityState: 'visible' })
	await start()
	source().live()
	clock.now += 44_000
	document.dispatchEvent(new Event('visibilitychange'))
	assert.equal(dials(), 1)
	clock.now += 1000
	document.dispatchEvent(new Event('visibilitychange'))
	await settle()
	assert.equal(dials(), 2)
})

test('close ends it for good, whatever is under way', async () => {
	let give
	const { stream, seen } = await start({ ticket: () => new Promise((resolve) => (give = resolve)) })
	stream.close()
	stream.close()
	give(TICKETS[0])
	await settle()
	assert.equal(dials(), 0)
	assert.deepEqual(seen.states, ['closed'])
	assert.deepEqual(seen.errors, [])
	assert.equal(clock.timers.size, 0)
})

test('a listener may close the stream at any of its events', async () => {
	for (const name of ['auth_expired', 'message', 'statechange']) {
		FakeSource.all = []
		const { stream } = await start()
		stream.addEventListener(name, () => stream.close())
		source().live()
		source().say('message', 1)
		source().say('auth_expired')
		await settle()
		assert.equal(stream.state, 'closed', name)
		assert.equal(dials(), 1, name)
		assert.equal(clock.timers.size, 0, name)
	}
})
