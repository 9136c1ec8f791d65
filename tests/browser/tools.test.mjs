// SPDX-License-Identifier: Apache-2.0
// The tools themselves: if these fail, the other browser tests prove nothing.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { once } from 'node:events'
import { after, before, test } from 'node:test'
import { EventSource } from 'eventsource'
import { launchBrowser } from './harness.mjs'

const PAGE = '<!doctype html><title>tools</title>'
let server
let url

before(async () => {
	server = createServer((request, response) => {
		if (request.url === '/stream') {
			response.writeHead(200, { 'Content-Type': 'text/event-stream' })
			response.write('data: hello\n\n')
			return
		}
		response.writeHead(200, { 'Content-Type': 'text/html' })
		response.end(PAGE)
	})
	server.listen(0, '127.0.0.1')
	await once(server, 'listening')
	url = `http://127.0.0.1:${server.address().port}`
})

after(() => {
	server.closeAllConnections()
	server.close()
})

test('Chromium starts and its EventSource reads an event', async () => {
	const browser = await launchBrowser()
	try {
		const page = await browser.newPage()
		await page.goto(`${url}/`)
		const data = await page.evaluate(
			() =>
				new Promise((resolve, reject) => {
					const source = new EventSource('/stream')
					source.onmessage = (event) => resolve(event.data)
					source.onerror = () => reject(new Error('stream failed'))
				}),
		)
		assert.equal(data, 'hello')
	} finally {
		await browser.close()
	}
})

test("Node's EventSource reads an event", async () => {
	const source = new EventSource(`${url}/stream`)
	try {
		const [event] = await once(source, 'message')
		assert.equal(event.data, 'hello')
	} finally {
		source.close()
	}
})
