// SPDX-License-Identifier: Apache-2.0
// Stream clients built on fetch(): preflight, Authorization, Last-Event-ID, errors that can be read.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Chrome, SUBSCRIBER, startPages, startStream, startWire } from './support.mjs'

const chrome = new Chrome()
before(() => chrome.start())
after(() => chrome.stop())

// Runs in the page: the head, and the body up to the text that was asked for.
async function readUntil({ url, headers, text }) {
	const control = new AbortController()
	const response = await fetch(url, { headers, signal: control.signal })
	const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
	let body = ''
	while (!body.includes(text)) {
		const { value, done } = await reader.read()
		if (done) break
		body += value
	}
	control.abort()
	return { status: response.status, type: response.headers.get('content-type'), body }
}

// Runs in the page: a refusal, as far as the page may see it.
async function readError({ url, headers }) {
	try {
		const response = await fetch(url, { headers })
		return { status: response.status, body: await response.json() }
	} catch (error) {
		return { failed: error.name }
	}
}

test('a cross-origin fetch with Authorization and Last-Event-ID is preflighted and served', async (t) => {
	const pages = await startPages(t)
	const server = await startStream(t, { cors: { origins: [pages], credentials: true } })
	const wire = await startWire(t, server.origin)
	const first = await server.publish('private/a', 'first')
	await server.publish('private/a', 'second')
	await server.publish('private/a', 'third')
	const page = await chrome.open(t, `${pages}/`)
	const answer = await page.evaluate(readUntil, {
		url: `${wire.origin}/stream?topic=private/a`,
		headers: {
			Accept: 'text/event-stream',
			Authorization: `Bearer ${SUBSCRIBER.key}`,
			'Last-Event-ID': first,
		},
		text: 'data: third\n',
	})
	assert.equal(answer.status, 200)
	assert.match(answer.type, /^text\/event-stream/)
	assert.match(answer.body, /data: second\n[^]*data: third\n/)
	assert.ok(!answer.body.includes('data: first\n'), 'the event that was named came again')
	assert.ok(wire.requests.some((text) => text.startsWith('OPTIONS /stream?')))
	assert.deepEqual(page.complaints, [])
})

test('a refusal for Accept is readable across origins', async (t) => {
	const pages = await startPages(t)
	const server = await startStream(t, { cors: { origins: [pages] } })
	const page = await chrome.open(t, `${pages}/`)
	const url = server.stream
	const answer = await page.evaluate(readError, { url, headers: { Accept: 'application/json' } })
	assert.equal(answer.status, 406)
	assert.equal(answer.body.error, 'not_acceptable')
	assert.match(answer.body.message, /text\/event-stream/)
})

test('a refusal for want of a credential is readable across origins', async (t) => {
	const pages = await startPages(t)
	const server = await startStream(t, { cors: { origins: [pages], credentials: true } })
	const page = await chrome.open(t, `${pages}/`)
	const headers = { Accept: 'text/event-stream', Authorization: 'Bearer not-a-valid-key' }
	const answer = await page.evaluate(readError, { url: server.stream, headers })
	assert.equal(answer.status, 401)
	assert.equal(answer.body.error, 'unauthorized')
})

test('a foreign origin may read neither the stream nor the refusal', async (t) => {
	const foreign = await startPages(t)
	const server = await startStream(t, { cors: { origins: ['https://app.example.com'] } })
	const page = await chrome.open(t, `${foreign}/`)
	const headers = { Accept: 'text/event-stream' }
	assert.deepEqual(await page.evaluate(readError, { url: server.stream, headers }), {
		failed: 'TypeError',
	})
})
