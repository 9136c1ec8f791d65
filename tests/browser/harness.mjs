// SPDX-License-Identifier: Apache-2.0
// What a browser test needs: the real program on a free port, and Debian's Chromium.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { chromium } from 'playwright-core'

const START_TIMEOUT_MS = 10_000
const LISTENING = /^listening on (https?:\/\/\S+)/

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

/**
 * Starts `sluice serve` with the text of a configuration whose listeners are on port 0 (or with
 * other arguments). Gives {urls, stderr, stop()}; the server is gone when stop() resolves.
 */
export async function startServer({ config, args = [], listeners = 1, env = {} }) {
	const folder = mkdtempSync(join(tmpdir(), 'sluice-'))
	const words = ['serve', ...args]
	if (config !== undefined) {
		writeFileSync(join(folder, 'sluice.yaml'), config)
		words.push('-c', join(folder, 'sluice.yaml'))
	}
	const child = spawn(process.env.SLUICE ?? '../../build/sluice', words, {
		stdio: ['ignore', 'ignore', 'pipe'],
		env: { ...process.env, ...env },
	})
	const exited = once(child, 'exit')
	const stop = async () => {
		child.kill('SIGTERM')
		await exited
		rmSync(folder, { recursive: true })
	}
	const stderr = []
	const urls = []
	const listening = new Promise((resolve, reject) => {
		const late = () => reject(new Error(`not listening in time:\n${stderr.join('\n')}`))
		const timer = setTimeout(late, START_TIMEOUT_MS)
		child.once('error', reject)
		child.once('exit', (code) => reject(new Error(`exit ${code}:\n${stderr.join('\n')}`)))
		createInterface({ input: child.stderr }).on('line', (line) => {
			stderr.push(line)
			const match = LISTENING.exec(line)
			if (match) urls.push(match[1])
			if (urls.length === listeners) {
				clearTimeout(timer)
				resolve()
			}
		})
	})
	try {
		await listening
	} catch (error) {
		child.kill('SIGKILL')
		rmSync(folder, { recursive: true })
		throw error
	}
	return { urls, stderr, stop }
}
