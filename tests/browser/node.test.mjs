// SPDX-License-Identifier: Apache-2.0
// Node's EventSource, as a backend or a command line tool would use it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EventSource } from 'eventsource'
import { SUBSCRIBER, eventually, startStream } from './support.mjs'

// Opens a stream with extra request headers; gives what it received.
function open(t, url, headers = {}) {
	const received = { events: [], errors: [], source: undefined }
	const source = new EventSource(url, {
		fetch: (target, init) => fetch(target, { ...init, headers: { ...init.headers, ...headers } }),
	})
	t.after(() => source.close())
	source.onerror = (error) => received.errors.push(error.code)
	for (const name of ['connected', 'message', 'note'])
		source.addEventListener(name, ({ type, data, lastEventId }) =>
			received.events.push({ type, data, id: lastEventId }),
		)
	return received
}

const whenEvents = (received, count) =>
	eventually(() => received.events.length >= count, `${count} events`)

test('reads a public topic: text, JSON and a named event', async (t) => {
	const server = await startStream(t)
	const received = open(t, server.stream)
	await whenEvents(received, 1)
	const ids = [
		await server.publish('news/a', 'two\nlines'),
		await server.publish('news/a', { n: 1 }),
		await server.publish('news/a', 'ü', 'note'),
	]
	await whenEvents(received, 4)
	assert.deepEqual(received.events.slice(1), [
		{ type: 'message', data: 'two\nlines', id: ids[0] },
		{ type: 'message', data: '{"n":1}', id: ids[1] },
		{ type: 'note', data: 'ü', id: ids[2] },
	])
	assert.deepEqual(received.errors, [])
})

test('reads a private topic with a bearer key', async (t) => {
	const server = await startStream(t)
	const received = open(t, `${server.origin}/stream?topic=private/a`, {
		Authorization: `Bearer ${SUBSCRIBER.key}`,
	})
	await whenEvents(received, 1)
	assert.equal(JSON.parse(received.events[0].data).userId, SUBSCRIBER.name)
	await server.publish('private/a', 'for alice')
	await whenEvents(received, 2)
	assert.equal(received.events[1].data, 'for alice')
})

const refusals = [
	{
		name: 'is refused a private topic without a key',
		path: '/stream?topic=private/a',
		headers: {},
		status: 401,
	},
	{
		name: 'is refused with a key that is not valid, on a public topic too',
		path: '/stream?topic=news/a',
		headers: { Authorization: 'Bearer not-a-valid-key' },
		status: 401,
	},
	{
		name: 'is refused with an Origin that is not allowed',
		path: '/stream?topic=news/a',
		headers: { Origin: 'https://elsewhere.example' },
		status: 403,
	},
	{
		name: 'is refused without Accept: text/event-stream',
		path: '/stream?topic=news/a',
		headers: { Accept: 'application/json' },
		status: 406,
	},
	{ name: 'is refused where there is no stream', path: '/none', headers: {}, status: 404 },
]

for (const { name, path, headers, status } of refusals) {
	test(name, async (t) => {
		const server = await startStream(t)
		const received = open(t, `${server.origin}${path}`, headers)
		await eventually(() => received.errors.length > 0, 'the refusal')
		assert.deepEqual(received.errors, [status])
		assert.deepEqual(received.events, [])
	})
}
