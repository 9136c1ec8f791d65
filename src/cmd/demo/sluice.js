/* SPDX-License-Identifier: Apache-2.0 */
/**
 * sluice.js - a stream that outlives its credential.
 *
 * EventSource redials after a cut, as the server's `retry` says, and names the last event id.
 * This does what it cannot: ask for a new ticket, come back after a refusal that passes, tell a
 * quiet stream from a dead one, say why it ended. URLs end up in logs: no bearer token goes there.
 */

const STALE_MS = 45_000 /* three heartbeats of the server's default */
const ATTEMPT_MS = 15_000 /* for a ticket, a renewal or a question; not for the stream */
const BACKOFF_MIN_MS = 1000
const BACKOFF_MAX_MS = 30_000
const ASKED_MAX_MS = 300_000 /* of a wait that a server asks for */
const UNREADABLE_MAX = 6 /* refusals in a row, none readable, before a first event */
const TICKET_MAX_S = 60
const EXPIRING_MAX_S = 600
const PASSING = [0, 408, 425, 429] /* statuses worth another try, besides 5xx */
const CLOSED = 2 /* EventSource.CLOSED, also of one that was passed as an option */
const TICKET = /^[A-Za-z0-9_-]{16,512}$/ /* no dots: a JWT is none */
const JWT = /^[\w-]{16,}\.[\w-]{16,}\.[\w-]*$/
const FAREWELLS = ['auth_expired', 'overloaded', 'draining']
const TELLING = [...FAREWELLS, 'auth_expiring'] /* only the server sends them: data is JSON */
const HEARD = [...TELLING, 'message', 'connected', 'dropped', 'heartbeat', 'resync']
/* Ours: from the stream they are not passed on, or a publisher could fake them. */
const OWN = ['statechange', 'error', 'open']

/* What came in place of a stream or a ticket; the status is 0 where the page could read none. */
function refusal(what, { status = 0, headers } = {}) {
	const retryAfterMs = 1000 * (Number(headers?.get('Retry-After')) || 0)
	return Object.assign(new Error(status ? `${what}: ${status}` : what), { status, retryAfterMs })
}

/* A number from outside, within bounds. */
const within = (value, max) => Math.min(Math.max(Number(value) || 0, 0), max)

/**
 * @typedef {{ticket: string, expiresIn?: number}} Ticket expiresIn in seconds
 * @typedef {object} StreamOptions
 * @property {string | URL | (({topics, route}) => Promise<string | Ticket>)} [ticket] a URL to
 *   POST `{topics, route}` to with cookies, or a function, whose errors end the stream if they
 *   have a `status` such as 401. Without it cookies open the stream
 * @property {() => Promise<unknown>} [renew] makes what stands behind ticket or cookie new when
 *   it ends, such as a session
 * @property {boolean} [withCredentials=true] sends cookies to another origin too
 * @property {number} [staleAfter=45000] milliseconds of silence; a page hears heartbeats only
 *   where the server sends them as events (`heartbeat: {mode: event}`)
 * @property {string} [lastEventId] where to resume, such as from an earlier visit
 * @property {Record<string, (event: MessageEvent) => void>} [on] listeners by event name
 * @property {typeof EventSource} [EventSource] in place of the browser's; likewise `fetch`
 */

/**
 * Dispatches each event of the stream that somebody listens to, `statechange`, and when it is
 * closed for good `error`, with `message` (for people) and `status` (0: none could be read).
 */
export class SluiceStream extends EventTarget {
	#options
	#state = 'connecting'
	#names = new Set(HEARD)
	#source
	#life = new AbortController() /* ends with close() */
	#attempt = 0 /* numbers the dials: an older one must not open its stream any more */
	#failures = 0 /* in a row */
	#askedMs = 0 /* wait that the last farewell asked for */
	#heardAt = 0 /* Date.now(): unlike performance.now() it counts the sleep of a computer */
	#hasBeats = false /* the server sends heartbeats as events: silence is death */
	#mustAsk = false /* the browser was refused and cannot say why */
	#lapsing = false /* the credential ends, or has ended */
	#ahead /* promise of a credential before it is needed; of undefined where that failed */
	#timers = {}

	/** @param {string | URL} url of the stream @param {StreamOptions} [options] */
	constructor(url, options = {}) {
		super()
		const address = new URL(url, globalThis.location?.href)
		if ([...address.searchParams.values()].some((value) => JWT.test(value)))
			throw new TypeError('a bearer token does not belong into a URL: use options.ticket')
		this.#options = { staleAfter: STALE_MS, withCredentials: true, ...options }
		/** Without ticket and event id. @type {string} */
		this.url = address.href
		/** Of the last event that was dispatched. @type {string} */
		this.lastEventId = options.lastEventId ?? ''
		for (const [name, listener] of Object.entries(options.on ?? {}))
			this.addEventListener(name, listener)
		this.#watchPage()
		this.#dial()
	}

	/** @returns {'connecting' | 'live' | 'stale' | 'reconnecting' | 'closed'} */
	get state() {
		return this.#state
	}

	/** Like that of EventTarget, at any time and for any event name. */
	addEventListener(name, ...rest) {
		super.addEventListener(name, ...rest)
		if (OWN.includes(name) || this.#names.has(name)) return
		this.#names.add(name)
		this.#source?.addEventListener(name, this.#take)
	}

	/** Closes for good. */
	close() {
		this.#life.abort()
		this.#hangUp()
		this.#enter('closed')
	}

	async #dial() {
		const attempt = this.#hangUp()
		if (this.#life.signal.aborted) return
		try {
			if (this.#mustAsk) await this.#ask(await this.#address())
			const address = await this.#address()
			if (attempt === this.#attempt) this.#open(address)
		} catch (error) {
			if (attempt === this.#attempt) this.#fail(error)
		}
	}

	/* A new EventSource sends no Last-Event-ID: the id stands in the query. */
	async #address() {
		const address = new URL(this.url)
		const { ticket } = await this.#credential()
		if (this.lastEventId) address.searchParams.set('last-event-id', this.lastEventId)
		if (ticket) address.searchParams.set('ticket', ticket)
		return address.href
	}

	/* What the browser hides behind its one error event. The body is not read. */
	async #ask(address) {
		const credentials = this.#options.withCredentials ? 'include' : 'same-origin'
		const init = { headers: { Accept: 'text/event-stream' }, credentials }
		const response = await this.#fetch('the stream', address, init)
		response.body?.cancel().catch(() => {})
		this.#mustAsk = false
	}

	#open(address) {
		const Source = this.#options.EventSource ?? globalThis.EventSource
		const source = new Source(address, { withCredentials: this.#options.withCredentials })
		this.#source = source
		this.#heardAt = Date.now()
		source.addEventListener('open', () => this.#alive())
		source.addEventListener('error', (event) => {
			if (this.#source === source && !('data' in event)) this.#cut()
		})
		for (const name of this.#names) source.addEventListener(name, this.#take)
	}

	#hangUp() {
		Object.values(this.#timers).forEach(clearTimeout)
		this.#timers = {}
		this.#source?.close()
		this.#source = undefined
		return ++this.#attempt
	}

	#take = (event) => {
		const { type, data, origin, target } = event
		if (target !== this.#source) return
		this.lastEventId = event.lastEventId || this.lastEventId
		this.#alive()
		const told = TELLING.includes(type) ? JSON.parse(data) : {}
		this.#askedMs = within(told.retry, ASKED_MAX_MS)
		this.#hasBeats ||= type === 'heartbeat'
		/* An open stream alone is no success: a soft refusal is one too. */
		if (!FAREWELLS.includes(type)) this.#failures = 0
		this.dispatchEvent(new MessageEvent(type, { data, origin, lastEventId: this.lastEventId }))
		if (target !== this.#source) return /* a listener closed it */
		if (type === 'auth_expiring') this.#renewAhead(told.in)
		if (type === 'auth_expired') this.#expired()
	}

	#alive() {
		this.#heardAt = Date.now()
		if (this.#enter('live')) this.#checkSilence()
	}

	/* The browser redials by itself unless it was refused. */
	#cut() {
		if (this.#source.readyState !== CLOSED) return this.#enter('reconnecting')
		this.#mustAsk = true
		this.#fail(refusal('the stream was refused, and the page may not read why'))
	}

	#expired() {
		this.#lapsing = true
		/* With neither ticket nor renewal there may be nobody to come back as. */
		this.#mustAsk = !this.#options.ticket && !this.#options.renew
		if (this.#failures++ === 0) this.#redialNow()
		else this.#redialLater()
	}

	#fail(error) {
		const { message, status = 0 } = error /* of the page's own functions too */
		const isBlind = this.#mustAsk && status === 0 && !this.lastEventId
		const mayPass = isBlind ? this.#failures < UNREADABLE_MAX : PASSING.includes(status)
		if (mayPass || status >= 500) {
			this.#failures++
			return this.#redialLater(within(error.retryAfterMs, ASKED_MAX_MS))
		}
		this.close()
		this.dispatchEvent(Object.assign(new Event('error'), { message, status }))
	}

	/* Jitter over the whole span, beyond what the server asked for: no herd comes at once. */
	#redialLater(askedMs = 0) {
		const floor = Math.max(BACKOFF_MIN_MS, this.#askedMs, askedMs)
		const span = Math.min(BACKOFF_MAX_MS, BACKOFF_MIN_MS * 2 ** this.#failures) - BACKOFF_MIN_MS
		this.#hangUp()
		this.#timers.dial = setTimeout(() => this.#dial(), floor + Math.random() * span)
		this.#enter('reconnecting')
	}

	#redialNow() {
		this.#enter('reconnecting')
		this.#dial()
	}

	async #credential() {
		const ahead = await this.#ahead
		this.#ahead = undefined
		if (!(ahead?.until > Date.now())) return this.#renew()
		this.#lapsing = false
		return ahead
	}

	async #renew() {
		const { renew, ticket } = this.#options
		if (this.#lapsing) await renew?.()
		this.#lapsing = false
		if (!ticket) return { until: Infinity }
		const { pathname: route, searchParams } = new URL(this.url)
		const topics = searchParams.getAll('topic')
		const ask = topics.length > 0 ? { topics, route } : { route } /* whose topics are fixed */
		const answer = await (typeof ticket === 'function' ? ticket(ask) : this.#post(ticket, ask))
		const { ticket: text = answer, expiresIn = TICKET_MAX_S } = answer ?? {}
		if (!TICKET.test(text)) throw refusal('what was given is no ticket', { status: 200 })
		return { ticket: text, until: Date.now() + within(expiresIn, TICKET_MAX_S) * 1000 }
	}

	async #post(url, object) {
		const body = JSON.stringify(object)
		const headers = { 'Content-Type': 'application/json' }
		const init = { method: 'POST', credentials: 'include', headers, body }
		return (await this.#fetch('a ticket', url, init)).json()
	}

	/* Somewhere in the first half of the time that is left: many end in the same second. */
	#renewAhead(seconds) {
		if (!this.#options.ticket && !this.#options.renew) return
		this.#lapsing = true
		const fetchAhead = () => (this.#ahead = this.#renew().catch(() => undefined))
		const halfMs = 500 * within(seconds, EXPIRING_MAX_S)
		this.#timers.renew ??= setTimeout(fetchAhead, Math.random() * halfMs)
	}

	async #fetch(what, url, init) {
		const { fetch = globalThis.fetch } = this.#options
		const signal = AbortSignal.timeout(ATTEMPT_MS)
		const response = await fetch(url, { cache: 'no-store', signal, ...init })
		if (response.status !== 200) throw refusal(`the server refused ${what}`, response)
		return response
	}

	#checkSilence() {
		if (this.#state !== 'live') return
		clearTimeout(this.#timers.silence)
		const left = this.#heardAt + this.#options.staleAfter - Date.now()
		if (left > 0) this.#timers.silence = setTimeout(() => this.#checkSilence(), left)
		else if (this.#enter('stale') && this.#hasBeats) this.#redialNow()
	}

	/* A page that was frozen does not know what it missed; one in a cache must hold no stream. */
	#watchPage() {
		const options = { signal: this.#life.signal }
		const page = globalThis.document
		const onVisible = () => {
			const isSilent = Date.now() - this.#heardAt >= this.#options.staleAfter
			if (page.visibilityState === 'visible' && this.#source && isSilent) this.#redialNow()
		}
		const onShow = ({ persisted }) => persisted && this.#redialNow()
		page?.addEventListener('visibilitychange', onVisible, options)
		globalThis.addEventListener?.('pagehide', () => this.#hangUp(), options)
		globalThis.addEventListener?.('pageshow', onShow, options)
	}

	/* False where that is the state already. */
	#enter(state) {
		if (this.#state === state) return false
		this.#state = state
		return this.dispatchEvent(new Event('statechange'))
	}
}

/** Opens a stream; listeners in options.on, or added at once, miss no event. @see SluiceStream */
export const openStream = (url, options) => new SluiceStream(url, options)
