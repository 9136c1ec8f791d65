// SPDX-License-Identifier: Apache-2.0
// What a browser test needs: the real program on a free port, and Debian's Chromium.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve as absolute } from 'node:path'
import { createInterface } from 'node:readline'
import { chromium } from 'playwright-core'

const START_TIMEOUT_MS = 10_000
const STOP_TIMEOUT_MS = 20_000
const LISTENING = /^listening on (https?:\/\/\S+)/
export const PROGRAM = absolute(process.env.SLUICE ?? '../../build/sluice')

// The runner ends a test file that takes too long with SIGTERM; its servers must not outlive it.
const children = new Set()
process.once('SIGTERM', () => process.exit(1))
process.once('exit', () => children.forEach((child) => child.kill('SIGKILL')))

/** Starts Chromium; the caller closes it. */
export function launchBrowser() {
	return chromium.launch({
		executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
		args: [
			'--headless',
			'--no-sandbox',
			'--disable-gpu',
			'--disable-quic',
			'--no-first-run',
			'--disable-background-networking',
			'--disable-component-update',
			'--disable-sync',
		],
	})
}

async function terminate(child, exited) {
	const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
	child.kill('SIGTERM')
	const [code, signal] = await exited
	clearTimeout(timer)
	if (code !== 0) throw new Error(`the server ended with ${signal ?? `exit code ${code}`}`)
}

/** Gives {urls, stderr} once that many listeners are up; what comes later is appended. */
function whenListening(child, listeners) {
	const stderr = []
	const urls = []
	return new Promise((resolve, reject) => {
		const fail = (what) => reject(new Error(`${what}:\n${stderr.join('\n')}`))
		const timer = setTimeout(fail, START_TIMEOUT_MS, 'not listening in time')
		child.once('error', reject)
		child.once('exit', (code) => fail(`exit ${code}`))
		createInterface({ input: child.stderr }).on('line', (line) => {
			stderr.push(line)
			const match = LISTENING.exec(line)
			if (match) urls.push(match[1])
			if (urls.length === listeners) {
				clearTimeout(timer)
				resolve({ urls, stderr })
			}
		})
	})
}

/**
 * Starts `sluice serve` with the text of a configuration whose listeners are on port 0 (or with
 * other arguments); `files` are put into its working directory first. Gives {urls, stderr, log,
 * stop()}, where `log` grows by one object for each line of the server's log; the server is gone
 * when stop() resolves.
 */
export async function startServer({ config, args = [], listeners = 1, env = {}, files = {} }) {
	const folder = mkdtempSync(join(tmpdir(), 'sluice-'))
	for (const [name, text] of Object.entries(files))
		writeFileSync(join(folder, name), text, { mode: 0o600 })
	const words = ['serve', ...args]
	if (config !== undefined) {
		writeFileSync(join(folder, 'sluice.yaml'), config)
		words.push('-c', join(folder, 'sluice.yaml'))
	}
	const child = spawn(PROGRAM, words, {
		cwd: folder,
		stdio: ['ignore', 'pipe', 'pipe'],
		env: { ...process.env, ...env },
	})
	children.add(child)
	const exited = new Promise((resolve) => child.once('close', (...end) => resolve(end)))
	exited.then(() => children.delete(child))
	const log = []
	createInterface({ input: child.stdout }).on('line', (line) => log.push(JSON.parse(line)))
	try {
		const { urls, stderr } = await whenListening(child, listeners)
		const stop = () =>
			terminate(child, exited).finally(() => rmSync(folder, { recursive: true, force: true }))
		return { urls, stderr, log, stop }
	} catch (error) {
		child.kill('SIGKILL')
		rmSync(folder, { recursive: true })
		throw error
	}
}
