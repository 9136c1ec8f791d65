// SPDX-License-Identifier: Apache-2.0
// The application: its own login, its own session, and tickets for the hub's streams. The hub's
// key stays here; the page gets one-time tickets, good for its topics and nothing else.
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'

const HUB = process.env.HUB ?? 'http://127.0.0.1:8080'
const PORT = Number(process.env.PORT ?? 3000)
const KEYS = process.env.KEYS ?? new URL('subscriber.keys', import.meta.url)
const TOPICS = ['orders']
const MAX_SESSIONS = 1000
const MAX_NAME = 64

if (!existsSync(KEYS))
	writeFileSync(KEYS, `shop ${randomBytes(32).toString('hex')}\n`, { mode: 0o600 })
const key = readFileSync(KEYS, 'utf8').trim().split(' ')[1]

const file = (path, type) => [readFileSync(new URL(path, import.meta.url)), type]
const files = new Map([
	['/', file('index.html', 'text/html; charset=utf-8')],
	['/app.js', file('app.js', 'text/javascript; charset=utf-8')],
	['/sluice.js', file('../../src/cmd/demo/sluice.js', 'text/javascript; charset=utf-8')],
])
const sessions = new Map() // session id: name

const sessionOf = ({ headers }) => /(?:^|; )shop=([0-9a-f]{32})/.exec(headers.cookie ?? '')?.[1]
const cookie = (id, age) => `shop=${id}; HttpOnly; SameSite=Lax; Path=/; Max-Age=${age}`

// A password would be checked here.
function logIn(request, url) {
	const name = url.searchParams.get('name') ?? ''
	if (name === '' || name.length > MAX_NAME || sessions.size >= MAX_SESSIONS) return [400]
	const id = randomBytes(16).toString('hex')
	sessions.set(id, name)
	return [204, '', { 'Set-Cookie': cookie(id, 3600) }]
}

function logOut(request) {
	sessions.delete(sessionOf(request))
	return [204, '', { 'Set-Cookie': cookie('', 0) }]
}

// What the page wishes for is not looked at: the application knows what this user may see.
async function giveTicket(request) {
	if (!sessions.has(sessionOf(request))) return [401]
	const headers = { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' }
	const body = JSON.stringify({ topics: TOPICS, route: '/stream' })
	const answer = await fetch(`${HUB}/auth/stream-token`, { method: 'POST', headers, body })
	// 403: the hub will not have this user any more, and asking again does not help.
	if (!answer.ok) return [answer.status === 401 ? 403 : 502]
	return [200, await answer.text(), { 'Content-Type': 'application/json' }]
}

const posts = { '/login': logIn, '/logout': logOut, '/stream-ticket': giveTicket }
const CSP = `default-src 'self'; img-src data:; connect-src 'self' ${HUB}; frame-ancestors 'none'`
const POLICY = {
	'Cache-Control': 'no-store',
	'X-Content-Type-Options': 'nosniff',
	'Content-Security-Policy': CSP,
}

async function answerTo(request) {
	const url = new URL(request.url, 'http://page')
	if (url.pathname === '/config.json') return [200, JSON.stringify({ hub: HUB })]
	const [bytes, type] = files.get(url.pathname) ?? []
	if (request.method === 'GET' && bytes) return [200, bytes, { 'Content-Type': type }]
	// Another site may not post with this user's cookie.
	const isOurs = request.headers['sec-fetch-site'] === 'same-origin'
	const run = request.method === 'POST' ? posts[url.pathname] : undefined
	return run && isOurs ? run(request, url) : [run ? 403 : 404]
}

const server = createServer(async (request, response) => {
	const [status, body = '', headers = {}] = await answerTo(request).catch(() => [502])
	response.writeHead(status, { ...POLICY, ...headers }).end(body)
})
server.listen(PORT, '127.0.0.1', () => {
	console.log(`listening on http://127.0.0.1:${server.address().port}/`)
})
