// SPDX-License-Identifier: Apache-2.0
// A stream whose token ends while it is open: the page is warned, told, and comes back.
import assert from 'node:assert/strict'
import { generateKeyPairSync, sign } from 'node:crypto'
import { after, before, test } from 'node:test'
import {
	Chrome,
	eventually,
	messages,
	numbersTo,
	openWithModule,
	publishNumbers,
	startPages,
	startStream,
	ticketFor,
	whenReceived,
} from './support.mjs'

const ISSUER = 'https://id.example/'
const AUDIENCE = 'stream'
const LIFE_S = 6

const chrome = new Chrome()
before(() => chrome.start())
after(() => chrome.stop())

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'test', alg: 'ES256', use: 'sig' }

function mint(lifeS) {
	const now = Math.floor(Date.now() / 1000)
	const claims = {
		iss: ISSUER,
		aud: AUDIENCE,
		sub: 'alice',
		iat: now,
		exp: now + lifeS,
		sluice: { subscribe: ['private/*'] },
	}
	const encode = (object) => Buffer.from(JSON.stringify(object)).toString('base64url')
	const text = `${encode({ alg: 'ES256', typ: 'JWT', kid: 'test' })}.${encode(claims)}`
	const key = { key: privateKey, dsaEncoding: 'ieee-p1363' }
	return `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`
}

/* A hub that takes tokens, and an empty page of another origin. */
async function start(t) {
	const pages = await startPages(t)
	const server = await startStream(t, {
		cors: { origins: [pages], credentials: true },
		auth: {
			expiring: '3s',
			jwt: {
				keys: 'jwks.json',
				issuer: ISSUER,
				audience: AUDIENCE,
				algorithms: ['ES256'],
				'clock-skew': '0s',
			},
		},
		files: { 'jwks.json': JSON.stringify({ keys: [jwk] }) },
	})
	return { server, page: await chrome.open(t, `${pages}/`) }
}

const count = ({ events }, type) => events.filter((event) => event.type === type).length

test('a page renews its ticket when its token ends, and loses no event', async (t) => {
	const { server, page } = await start(t)
	let given = 0
	await page.exposeFunction('giveTicket', () => {
		const lifeS = given++ === 0 ? LIFE_S : 300
		return ticketFor(server.origin, mint(lifeS), ['private/a'])
	})
	await openWithModule(page, `${server.origin}/stream?topic=private/a`)
	await whenReceived(page, ({ state }) => state === 'live', 'the stream')
	const publisher = publishNumbers(server.publish, 'private/a')
	const warned = await whenReceived(page, (r) => count(r, 'auth_expiring') > 0, 'the warning')
	const { in: left } = JSON.parse(warned.events.find(({ type }) => type === 'auth_expiring').data)
	assert.ok(left >= 1 && left <= 3, `${left} s are left`)
	assert.equal(count(warned, 'auth_expired'), 0)
	await whenReceived(page, (r) => count(r, 'auth_expired') > 0, 'the end')
	await whenReceived(page, (r) => count(r, 'connected') > 1, 'the way back')
	const last = await publisher.stop()
	const received = await whenReceived(page, (r) => messages(r).length >= last, 'the last event')
	assert.deepEqual(messages(received), numbersTo(last))
	assert.equal(given, 2)
	assert.deepEqual(received.states, ['live', 'reconnecting', 'live'])
	assert.deepEqual(received.failures, [])
	await assertClosedFor(server, 'auth_expired')
})

test('a page that gets no new token is told why its stream ended', async (t) => {
	const { server, page } = await start(t)
	const token = mint(LIFE_S)
	await page.exposeFunction('postForTicket', async () => {
		const response = await fetch(`${server.origin}/auth/stream-token`, {
			method: 'POST',
			headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
			body: '{}',
		})
		return { status: response.status, ...(await response.json()) }
	})
	await page.evaluate(() => {
		window.giveTicket = async () => {
			const answer = await window.postForTicket()
			if (answer.ticket) return answer
			throw Object.assign(new Error('logged out'), { status: answer.status })
		}
	})
	await openWithModule(page, `${server.origin}/stream?topic=private/a`)
	const received = await whenReceived(page, ({ state }) => state === 'closed', 'the end')
	assert.equal(count(received, 'auth_expired'), 1)
	assert.deepEqual(received.failures, [401])
})

async function assertClosedFor(server, reason) {
	const closed = await eventually(
		() => server.log.find(({ event }) => event === 'sse_disconnect'),
		'the end in the log',
	)
	assert.equal(closed.reason, reason)
}
