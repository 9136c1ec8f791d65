// SPDX-License-Identifier: Apache-2.0
// What the tests of streams share: a server with one route, pages of another origin, a wire that
// can be cut, a record of what a page received. Whatever is started here ends with its test.
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import net from 'node:net'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { launchBrowser, startServer } from './harness.mjs'

const WAIT_MS = 15_000
const POLL_MS = 20
const PUBLISH_KEY = 'browser-test-publish-key-0123456789abcdef'

const MODULE = new URL('../../src/cmd/demo/sluice.js', import.meta.url)
const SHOP = fileURLToPath(new URL('../../examples/browser/server.mjs', import.meta.url))

/** A page with nothing in it; the icon keeps the browser from asking for one. */
export const PAGE = '<!doctype html><title>page</title><link rel="icon" href="data:,">'

/** What the key file of every server here says: one subscriber with a right to all topics. */
export const SUBSCRIBER = { name: 'alice', key: 'valid-test-session-key' }

/** Waits until `probe` gives a true value, and gives that value. */
export async function eventually(probe, what) {
	const end = performance.now() + WAIT_MS
	for (;;) {
		const value = await probe()
		if (value) return value
		assert.ok(performance.now() < end, `never happened: ${what}`)
		await pause(POLL_MS)
	}
}

/** Starts a server that ends with the test; gives {origin, log, publish(topic, data, event), stop()}. */
async function start(t, options) {
	const server = await startServer({ ...options, env: { SLUICE_PUBLISH_KEY: PUBLISH_KEY } })
	t.after(server.stop)
	const origin = server.urls[0].replace(/\/$/, '')
	const publish = (topic, data, event) => publishTo(origin, { topic, data, event })
	return { origin, log: server.log, publish, stop: server.stop }
}

/** `serve --demo`, as somebody tries it who has no configuration. */
export const startDemo = (t) => start(t, { args: ['--demo', '--listen', '127.0.0.1:0'] })

/** A certificate for 127.0.0.1 and its key, made for this test: {certificate, key}. */
function makeCertificate() {
	const args = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=test'
	const pem = execFileSync(
		'openssl',
		[...args.split(' '), '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', '-', '-out', '-'],
		{ encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
	)
	const [, key, certificate] = /(-----BEGIN PRIVATE[^]+?END[^]+?-----\n)([^]+)/.exec(pem)
	return { certificate, key }
}

/** The same over TLS; events are published in the clear, on a listener of their own. */
export async function startSecureDemo(t) {
	const { certificate, key } = makeCertificate()
	const tls = { certificate: 'cert.pem', key: 'key.pem' }
	const server = await startServer({
		args: ['--demo'],
		config: JSON.stringify({
			listen: [{ address: '127.0.0.1:0', tls }, '127.0.0.1:0'],
			drain: { window: '0s' },
		}),
		files: { 'cert.pem': certificate, 'key.pem': key },
		listeners: 2,
		env: { SLUICE_PUBLISH_KEY: PUBLISH_KEY },
	})
	t.after(server.stop)
	const [origin, plain] = server.urls
	const publish = (topic, data, event) => publishTo(plain, { topic, data, event })
	return { origin, log: server.log, publish, stop: server.stop }
}

/** A server with the stream /stream and the public topics news/*; `t` is the test's context. */
export async function startStream(t, { cors = {}, auth = {}, files = {} } = {}) {
	const config = {
		listen: ['127.0.0.1:0'],
		hosts: ['127.0.0.1'],
		cors,
		auth: { cookie: 'session', 'keys-file': 'keys', ...auth },
		routes: [{ path: '/stream', hub: { public: ['news/*'] } }],
		retry: { min: '100ms', max: '100ms' },
		drain: { window: '0s' },
	}
	const server = await start(t, {
		config: JSON.stringify(config), // JSON is YAML
		files: { keys: `${SUBSCRIBER.name} ${SUBSCRIBER.key}\n`, ...files },
	})
	return { ...server, stream: `${server.origin}/stream?topic=news/a` }
}

async function post(url, key, object) {
	const response = await fetch(url, {
		method: 'POST',
		headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
		body: JSON.stringify(object),
	})
	const answer = await response.json()
	assert.equal(response.status, 200, JSON.stringify(answer))
	return answer
}

const publishTo = async (origin, event) =>
	(await post(`${origin}/publish`, PUBLISH_KEY, event)).ids[0]

/** Ends the credentials of `who`, such as {sub: 'alice'}, and their streams. */
export const revoke = (origin, who) => post(`${origin}/auth/revoke`, PUBLISH_KEY, who)

/** Trades a credential for a ticket, as a backend does: {ticket, expiresIn, url}. */
export const ticketFor = (origin, key, topics) =>
	post(`${origin}/auth/stream-token`, key, { topics, route: '/stream' })

/** Publishes 1, 2, 3… on a topic, one after the other, until stop(); that gives the last one. */
export function publishNumbers(publish, topic) {
	let stopped = false
	const done = (async () => {
		let n = 0
		while (!stopped) await publish(topic, String(++n))
		return n
	})()
	done.catch(() => {}) // a test that failed stops the server and not the publisher
	return {
		stop() {
			stopped = true
			return done
		},
	}
}

/** Serves one empty page, with these headers; gives its origin. */
export async function startPages(t, headers = {}) {
	const server = createServer((request, response) => {
		response.writeHead(request.url === '/' ? 200 : 404, {
			'Content-Type': 'text/html',
			...headers,
		})
		response.end(PAGE)
	})
	server.listen(0, '127.0.0.1')
	await once(server, 'listening')
	t.after(() => {
		server.closeAllConnections()
		server.close()
	})
	return `http://127.0.0.1:${server.address().port}`
}

/** Half of what is to be forwarded arrives, then both ends are gone. */
function cutWithin(wire, bytes) {
	wire.upstream.removeAllListeners('data')
	wire.client.write(bytes.subarray(0, bytes.length / 2), () => {
		wire.client.destroy()
		wire.upstream.destroy()
	})
}

// Joins two sockets until one of them is gone, or the wire is doomed and more is to be forwarded.
function relay(wire, onRequest) {
	const { client, upstream } = wire
	client.on('data', (bytes) => {
		onRequest(bytes)
		upstream.write(bytes)
	})
	upstream.on('data', (bytes) => {
		if (wire.doomed) cutWithin(wire, bytes)
		else client.write(bytes)
	})
	client.on('close', () => upstream.destroy()).on('error', () => {})
	upstream.on('close', () => client.destroy()).on('error', () => {})
}

/**
 * A TCP relay before `target`. cut() breaks the connections of streams in the middle of the next
 * bytes that they carry; `requests` has what each connection sent. Where the target must know the
 * wire's origin first, aim() names it later.
 */
export async function startWire(t, target) {
	let port
	const aim = (url) => (port = Number(new URL(url).port))
	if (target) aim(target)
	const wires = new Set()
	const requests = []
	const server = net.createServer((client) => {
		const wire = { client, upstream: net.connect(port, '127.0.0.1'), doomed: false }
		const request = requests.push('') - 1
		wires.add(wire)
		client.once('close', () => wires.delete(wire))
		relay(wire, (bytes) => (requests[request] += bytes.toString('latin1')))
	})
	server.listen(0, '127.0.0.1')
	await once(server, 'listening')
	t.after(() => {
		wires.forEach((wire) => wire.client.destroy())
		server.close()
	})
	return {
		origin: `http://127.0.0.1:${server.address().port}`,
		requests,
		aim,
		cut: () => wires.forEach((wire) => (wire.doomed = true)),
	}
}

/** Starts the application of examples/browser before the hub at `hub`; gives its origin. */
export async function startShop(t, hub, keys) {
	const child = spawn(process.execPath, [SHOP], {
		env: { ...process.env, HUB: hub, KEYS: keys, PORT: '0' },
		stdio: ['ignore', 'pipe', 'inherit'],
	})
	t.after(() => child.kill())
	const [line] = await once(createInterface({ input: child.stdout }), 'line')
	return new URL(/http:\S+/.exec(line)[0]).origin
}

/** The browser of a test file: one Chromium, and a fresh profile for each page. */
export class Chrome {
	#browser

	async start() {
		this.#browser = await launchBrowser()
	}

	async stop() {
		await this.#browser?.close()
	}

	/** A profile: its pages share cookies and connections. Certificates of tests are trusted. */
	async profile(t) {
		const context = await this.#browser.newContext({ ignoreHTTPSErrors: true })
		t.after(() => context.close())
		await context.addInitScript(instrument)
		return context
	}

	/** Opens `url`; the page has listen(url, init) and what it received in `received`. */
	async open(t, url, { cookies = [], profile } = {}) {
		const context = profile ?? (await this.profile(t))
		await context.addCookies(cookies)
		const page = await context.newPage()
		page.complaints = []
		page.on('pageerror', (error) => page.complaints.push(error.message))
		page.on('console', (message) => {
			if (message.type() === 'error') page.complaints.push(message.text())
		})
		await page.goto(url)
		return page
	}
}

// Runs in the page, before any script of its own.
function instrument() {
	const received = { events: [], errors: 0, state: 'none', violations: [] }
	window.received = received
	addEventListener('securitypolicyviolation', (event) => {
		received.violations.push(`${event.effectiveDirective} ${event.blockedURI}`)
	})
	window.listen = (url, init) => {
		const source = new EventSource(url, init)
		const states = ['connecting', 'open', 'closed']
		const note = () => (received.state = states[source.readyState])
		note()
		source.onopen = note
		source.onerror = () => {
			received.errors++
			note()
		}
		for (const name of ['connected', 'message', 'resync', 'dropped'])
			source.addEventListener(name, ({ type, data, lastEventId }) =>
				received.events.push({ type, data, id: lastEventId }),
			)
	}
}

/** What the page has received so far. */
export const receivedBy = (page) => page.evaluate(() => window.received)

/** Waits until what the page received passes `test`, and gives it. */
export function whenReceived(page, test, what) {
	return eventually(async () => {
		const received = await receivedBy(page)
		return test(received) && received
	}, what)
}

/** The data of the plain messages, in order. */
export const messages = (received) =>
	received.events.filter(({ type }) => type === 'message').map(({ data }) => data)

/** "1", "2", … "n": what a stream without loss or double has of publishNumbers. */
export const numbersTo = (n) => Array.from({ length: n }, (_, i) => String(i + 1))

/**
 * Opens `url` in the page with sluice.js, and records what it gives in `received`, with `state`
 * and the statuses of `failures`. Tickets come from the page's giveTicket(), where it has one.
 */
export async function openWithModule(page, url, options = {}) {
	await page.evaluate(runModule, { source: readFileSync(MODULE, 'utf8'), url, options })
}

// Runs in the page.
async function runModule({ source, url, options }) {
	const { openStream } = await import(URL.createObjectURL(new Blob([source], { type: 'text/javascript' })))
	const received = Object.assign(window.received, { failures: [], states: [] })
	const note = ({ type, data, lastEventId }) =>
		received.events.push({ type, data, id: lastEventId })
	const names = 'connected message resync dropped auth_expiring auth_expired'.split(' ')
	const stream = openStream(url, {
		ticket: window.giveTicket && (() => window.giveTicket()),
		on: Object.fromEntries(names.map((name) => [name, note])),
		...options,
	})
	stream.addEventListener('statechange', () => {
		received.state = stream.state
		received.states.push(stream.state)
	})
	stream.addEventListener('error', ({ status }) => received.failures.push(status))
}
