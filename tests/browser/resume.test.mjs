// SPDX-License-Identifier: Apache-2.0
// A connection is cut in the middle of an event while a publisher goes on: nothing is lost,
// nothing comes twice.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { EventSource } from 'eventsource'
import {
	Chrome,
	eventually,
	messages,
	numbersTo,
	publishNumbers,
	receivedBy,
	startPages,
	startStream,
	startWire,
} from './support.mjs'

const CUTS = 3
const chrome = new Chrome()
before(() => chrome.start())
after(() => chrome.stop())

const resumes = (wire) => wire.requests.filter((text) => /^last-event-id: \S/im.test(text)).length

// `received` gives what the client under test has so far: {events}.
async function cutAndCompare(server, wire, received) {
	await eventually(async () => (await received()).events.length > 0, 'the first event')
	const publisher = publishNumbers(server.publish, 'news/a')
	const count = async () => messages(await received()).length
	for (let cuts = 1; cuts <= CUTS; cuts++) {
		const seen = await count()
		await eventually(async () => (await count()) > seen, 'events before the cut')
		wire.cut()
		await eventually(() => resumes(wire) >= cuts, 'a request with Last-Event-ID')
	}
	const last = await publisher.stop()
	await eventually(async () => (await count()) >= last, 'the last event')
	const { events } = await received()
	assert.deepEqual(messages({ events }), numbersTo(last))
	assert.deepEqual(events.filter(({ type }) => type === 'resync' || type === 'dropped'), [])
}

test("a page's EventSource resumes where it was cut", async (t) => {
	const pages = await startPages(t)
	const server = await startStream(t, { cors: { origins: [pages] } })
	const wire = await startWire(t, server.origin)
	const page = await chrome.open(t, `${pages}/`)
	await page.evaluate((url) => window.listen(url), `${wire.origin}/stream?topic=news/a`)
	await cutAndCompare(server, wire, () => receivedBy(page))
})

test("Node's EventSource resumes where it was cut", async (t) => {
	const server = await startStream(t)
	const wire = await startWire(t, server.origin)
	const events = []
	const source = new EventSource(`${wire.origin}/stream?topic=news/a`)
	t.after(() => source.close())
	for (const name of ['connected', 'message', 'resync', 'dropped'])
		source.addEventListener(name, ({ type, data }) => events.push({ type, data }))
	await cutAndCompare(server, wire, () => ({ events }))
})
