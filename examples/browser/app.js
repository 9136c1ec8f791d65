/* SPDX-License-Identifier: Apache-2.0 */
import { openStream } from './sluice.js'

const MAX_ROWS = 100
const $ = (id) => document.getElementById(id)

let stream

/* Text, never markup: an order is what somebody typed. */
function showOrder({ data }) {
	const row = document.createElement('li')
	row.textContent = data
	$('orders').prepend(row)
	if ($('orders').childElementCount > MAX_ROWS) $('orders').lastElementChild.remove()
}

/* The hub cannot replay all that was missed: what is on the page may be out of date. */
function startAfresh() {
	$('orders').replaceChildren()
}

async function openOrders() {
	const { hub } = await (await fetch('/config.json')).json()
	stream?.close()
	stream = openStream(`${hub}/stream?topic=orders`, {
		ticket: '/stream-ticket',
		on: {
			message: showOrder,
			order: showOrder,
			resync: startAfresh,
			statechange: () => ($('state').textContent = stream.state),
			error: ({ message }) => ($('why').textContent = `(${message})`),
		},
	})
	$('state').textContent = stream.state
	$('why').textContent = ''
	$('logout').hidden = false
}

$('login').addEventListener('submit', async (event) => {
	event.preventDefault()
	const { ok } = await fetch(`/login?${new URLSearchParams(new FormData(event.target))}`, {
		method: 'POST',
	})
	if (ok) await openOrders()
	else $('why').textContent = '(login refused)'
})

$('logout').addEventListener('click', async () => {
	stream.close()
	await fetch('/logout', { method: 'POST' })
	$('logout').hidden = true
})
