/* SPDX-License-Identifier: Apache-2.0 */
/* The demo page: one EventSource, watched. What it carries is text, never markup. */

const STREAM = '/stream?topic=demo'
const WINDOW_S = 60 /* one crossing of the water; demo.css: drift */
const STALE_MS = 5000 /* ticks come each second; comments are invisible to a page */
const CUT_MS = 5000
const CAUGHT_UP_MS = 1500 /* an event older than this on arrival was replayed */
const ANNOUNCE_MS = 3000 /* at most one spoken line in this time */
const MAX_TICK_ROWS = 60
const MAX_OTHER_ROWS = 40 /* with the ticks: 100 rows */
const MAX_DROPS = 200
const MAX_TEXT = 2000 /* characters shown of one event */

/* Named events that only the hub sends: what each one means to the reader of the page. */
const NOTICES = {
	connected: { text: 'the server is ready to send' },
	resync: { text: 'not all of what was missed can be sent again', serious: true },
	dropped: { text: 'this page read too slowly and missed events', serious: true },
	draining: { text: 'the server goes down in good order; back by itself', serious: true },
	overloaded: { text: 'the server is full; back by itself, a little later', serious: true },
}

/* They tell an attacker something, or tell a cache that the stream is a document. */
const NEVER = 'server x-powered-by content-length content-encoding etag age expires'.split(' ')

const $ = (id) => document.getElementById(id)

function element(tag, className, text = '') {
	const node = document.createElement(tag)
	node.className = className
	node.textContent = text
	return node
}

const shorten = (text) =>
	text.length <= MAX_TEXT
		? text
		: `${text.slice(0, MAX_TEXT)} … and ${text.length - MAX_TEXT} characters more`

function parseJson(text) {
	try {
		return JSON.parse(text)
	} catch {
		return undefined
	}
}

/* undefined where it is not a tick: whoever has the key may publish under that name. */
function parseTick(text) {
	const tick = parseJson(text)
	return Number.isFinite(tick?.n) && Number.isFinite(tick?.uptime) ? tick : undefined
}

function duration(seconds) {
	const [days, rest] = [Math.floor(seconds / 86400), seconds % 86400]
	const parts = [rest / 3600, (rest / 60) % 60, rest % 60]
	const clock = parts.map((n) => String(Math.floor(n)).padStart(2, '0')).join(':')
	return days > 0 ? `${days} d ${clock}` : clock
}

const ago = (ms) => (ms < 10000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 1000)} s`)

/* The one live region of the page. */
class Announcer {
	#last = -ANNOUNCE_MS
	#timer

	say(text) {
		clearTimeout(this.#timer)
		const wait = Math.max(0, this.#last + ANNOUNCE_MS - performance.now())
		this.#timer = setTimeout(() => {
			this.#last = performance.now()
			$('announce').textContent = text
		}, wait)
	}
}

/* What ticks prove: their numbers rise by one, also across a cut. */
class Ticks {
	age = 0 /* ms between the birth of the last tick and its arrival */
	n = 0
	#seen = false
	#uptime = 0
	#offset = Infinity /* ms from the server's clock to ours, with the shortest way seen */
	#lost = 0
	#doubled = 0

	/* After a resync the numbers in between are known to be gone: they are not counted. */
	forget() {
		this.#seen = false
	}

	take(tick) {
		this.#count(tick)
		const way = Date.now() - Date.parse(tick.time)
		if (Number.isFinite(way)) {
			this.#offset = Math.min(this.#offset, way)
			this.age = way - this.#offset
		}
		$('streams').textContent = tick.streams ?? '–'
		$('uptime').textContent = duration(tick.uptime)
		this.#show()
	}

	#count(tick) {
		const restarted = tick.uptime < this.#uptime && tick.n < this.n
		if (this.#seen && !restarted) {
			this.#lost += Math.max(0, tick.n - this.n - 1)
			this.#doubled += tick.n <= this.n ? 1 : 0
		}
		this.#seen = true
		this.n = restarted ? tick.n : Math.max(tick.n, this.n)
		this.#uptime = tick.uptime
	}

	#show() {
		const wrong = this.#lost + this.#doubled > 0
		$('continuity').classList.toggle('wrong', wrong)
		$('continuity').textContent = !wrong ? 'none' : `${this.#lost} lost, ${this.#doubled} doubled`
	}
}

/* The last minute as drops on water: the drift itself is CSS, so that it costs no script. */
function addDrop(kind, ageMs, n) {
	if (ageMs >= WINDOW_S * 1000) return
	const water = $('water')
	const drop = element('span', `drop ${kind}`)
	drop.classList.toggle('caught-up', ageMs > CAUGHT_UP_MS)
	drop.style.animationDelay = `${-ageMs}ms`
	if (kind !== 'notice') drop.style.top = `calc(${50 + 26 * Math.sin(n / 4)}% - 0.25rem)`
	drop.addEventListener('animationend', () => drop.remove())
	water.append(drop)
	if (water.childElementCount > MAX_DROPS) water.firstElementChild.remove()
}

class Feed {
	#paused = false
	#held = [] /* rows that came while paused, oldest first */

	add(kind, text, id, serious = false) {
		const row = element('li', `${kind}${serious ? ' serious' : ''}`)
		const now = new Date()
		const time = element('time', '', now.toTimeString().slice(0, 8))
		time.dateTime = now.toISOString()
		const tail = element('span', 'id', id)
		tail.title = id ? `id ${id}` : ''
		row.append(time, element('span', 'text', shorten(text)), tail)
		if (this.#paused) this.#hold(row)
		else this.#show(row)
	}

	toggle() {
		this.#paused = !this.#paused
		$('pause').setAttribute('aria-pressed', String(this.#paused))
		$('pause').textContent = this.#paused ? 'Resume' : 'Pause'
		for (const row of this.#held.splice(0)) this.#show(row)
		this.#count()
	}

	#hold(row) {
		this.#held.push(row)
		if (this.#held.length > MAX_TICK_ROWS + MAX_OTHER_ROWS) this.#held.shift()
		this.#count()
	}

	#count() {
		$('waiting').hidden = !this.#paused
		$('waiting').textContent = `paused, ${this.#held.length} waiting`
	}

	#show(row) {
		const list = $('events')
		$('empty')?.remove()
		list.prepend(row)
		const isTick = row.classList.contains('tick')
		const rows = list.querySelectorAll(isTick ? '.tick' : 'li:not(.tick)')
		if (rows.length > (isTick ? MAX_TICK_ROWS : MAX_OTHER_ROWS)) rows[rows.length - 1].remove()
	}
}

const STATES = {
	connecting: ['Connecting', () => 'Opening the stream…'],
	live: ['Live', (ms) => `Last event ${ago(ms)} ago`],
	stale: ['Stale', (ms) => `Connected, but no event for ${ago(ms)}`],
	reconnecting: ['Reconnecting', (ms) => `Silent for ${ago(ms)}. The browser dials again.`],
	cut: ['Cut', (_, link) => `Back in ${ago(link.untilBack())}`],
	closed: ['Closed', () => 'The server refused; the browser will not ask again.'],
}

class Link {
	lastId = ''
	state = 'connecting'
	#backAt = 0 /* performance.now() at which a cut ends */
	#source
	#lastEventAt = performance.now()
	#timer
	#onEvent
	#onState

	constructor(onEvent, onState) {
		this.#onEvent = onEvent
		this.#onState = onState
	}

	/* A new EventSource knows no id, so a reopened one carries it in the query. */
	open() {
		this.close()
		this.#enter('connecting')
		const id = this.lastId ? `&last-event-id=${encodeURIComponent(this.lastId)}` : ''
		this.#source = new EventSource(STREAM + id)
		this.#source.onopen = () => this.#alive()
		this.#source.onerror = () => this.#failed()
		for (const name of ['message', 'tick', ...Object.keys(NOTICES)])
			this.#source.addEventListener(name, (event) => this.#take(event))
	}

	close() {
		clearTimeout(this.#timer)
		this.#source?.close()
	}

	cut() {
		this.close()
		this.#backAt = performance.now() + CUT_MS
		this.#timer = setTimeout(() => this.open(), CUT_MS)
		this.#enter('cut')
	}

	untilBack() {
		return Math.max(0, this.#backAt - performance.now())
	}

	/* Called a few times a second: silence is the one change that no event tells. */
	refresh() {
		const silent = performance.now() - this.#lastEventAt
		if (this.state === 'live' && silent > STALE_MS) this.#enter('stale')
		$('since').textContent = STATES[this.state][1](silent, this)
	}

	#take(event) {
		this.lastId = event.lastEventId || this.lastId
		this.#alive()
		this.#onEvent(event)
	}

	#alive() {
		this.#lastEventAt = performance.now()
		this.#enter('live')
	}

	#failed() {
		const final = this.#source.readyState === EventSource.CLOSED
		this.#enter(final ? 'closed' : 'reconnecting')
	}

	#enter(state) {
		if (this.state !== state) this.#onState(state)
		this.state = state
	}
}

function fillField(cell, name, value) {
	cell.scope = 'row'
	cell.replaceChildren(element('span', 'field', name), element('span', 'value', value))
}

/* The known fields, and why they are there, stand in index.html. */
function fillKnown(headers) {
	for (const row of document.querySelectorAll('tr[data-field]')) {
		const value = headers.get(row.dataset.field)
		fillField(row.cells[0], row.dataset.field, value ?? 'not sent')
		row.classList.toggle('absent', value === null)
		row.hidden = value === null && !row.querySelector('.if-absent')
	}
}

function addUnknown(headers) {
	document.querySelectorAll('tr.unknown').forEach((row) => row.remove())
	const known = [...document.querySelectorAll('tr[data-field]')]
	const expected = NEVER.concat(known.map((row) => row.dataset.field.toLowerCase()))
	for (const [name, value] of headers) {
		if (expected.includes(name)) continue
		const row = element('tr', 'unknown')
		row.append(element('th', ''), element('td', '', 'Added on the way here.'))
		fillField(row.cells[0], name, value)
		$('fields').append(row)
	}
}

function checkNever(headers) {
	const sent = NEVER.filter((name) => headers.has(name))
	$('never').classList.toggle('bad', sent.length > 0)
	$('never').textContent =
		sent.length > 0
			? `Should not be there: ${sent.join(', ')}.`
			: `Left out on purpose: ${NEVER.join(', ')}. They tell an attacker what runs here, ` +
				'or a cache that a stream is a document.'
}

/* The head is all that is wanted: the body is cancelled before it is read. */
async function readHead() {
	const control = new AbortController()
	const line = $('status-line')
	try {
		const headers = { Accept: 'text/event-stream' }
		const options = { headers, cache: 'no-store', signal: control.signal }
		const response = await fetch(STREAM, options)
		line.textContent = `GET ${STREAM} → ${response.status} ${response.statusText}`
		fillKnown(response.headers)
		addUnknown(response.headers)
		checkNever(response.headers)
	} catch {
		line.textContent = `GET ${STREAM} → no answer`
	} finally {
		control.abort()
	}
}

const command =
	'curl -H "Authorization: Bearer $SLUICE_PUBLISH_KEY" ' +
	"-H 'Content-Type: application/json' " +
	`-d '{"topic":"demo","data":"hello"}' ${location.origin}/publish`

/* The clipboard is there for secure contexts only; elsewhere the text is selected instead. */
async function copyCommand() {
	try {
		await navigator.clipboard.writeText(command)
		$('copy').textContent = 'Copied'
	} catch {
		getSelection().selectAllChildren($('command'))
		$('copy').textContent = 'Selected'
	}
	setTimeout(() => {
		$('copy').textContent = 'Copy'
	}, 1600)
}

const announcer = new Announcer()
const ticks = new Ticks()
const feed = new Feed()

function showEvent(event) {
	const tick = event.type === 'tick' ? parseTick(event.data) : undefined
	const notice = event.type === 'message' ? undefined : NOTICES[event.type]
	$('count').textContent = String(Number($('count').textContent) + 1)
	$('last-id').textContent = event.lastEventId || '–'
	if (tick) {
		ticks.take(tick)
		addDrop('tick', ticks.age, ticks.n)
		feed.add('tick', `tick ${tick.n}`, event.lastEventId)
	} else if (notice) {
		if (event.type === 'resync') ticks.forget()
		addDrop('notice', 0, 0)
		const reason = parseJson(event.data)?.reason
		const text = `${event.type}: ${notice.text}${reason ? ` (${reason})` : ''}`
		feed.add('notice', text, event.lastEventId, notice.serious)
		if (notice.serious) announcer.say(text)
	} else {
		addDrop('message', ticks.age, ticks.n)
		feed.add('message', event.data, event.lastEventId)
		announcer.say(`Event: ${event.data.slice(0, 200)}`)
	}
}

function showState(state) {
	document.body.dataset.state = state
	$('state').textContent = STATES[state][0]
	document.title = `${STATES[state][0]} · Sluice`
	$('cut').disabled = state === 'cut'
	announcer.say(`Stream: ${STATES[state][0]}`)
}

const link = new Link(showEvent, showState)

$('command').textContent = command
$('copy').addEventListener('click', copyCommand)
$('reread').addEventListener('click', readHead)
$('pause').addEventListener('click', () => feed.toggle())
$('cut').addEventListener('click', () => link.cut())
$('reconnect').addEventListener('click', () => link.open())
$('show-ticks').addEventListener('change', (event) =>
	$('events').classList.toggle('no-ticks', !event.target.checked),
)

/* A page in the back-forward cache must not hold a stream. */
addEventListener('pagehide', () => link.close())
addEventListener('pageshow', (event) => {
	if (event.persisted) link.open()
})

setInterval(() => link.refresh(), 250)
link.open()
readHead()
