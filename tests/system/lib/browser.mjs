// Chromium for the tests: contexts of customers, agents and managers, a watch that notes whatever a page should not do,
// a line between browser and server that can be cut, and pictures for the documentation.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import net from 'node:net';
import path from 'node:path';
import { chromium } from 'playwright-core';
import { Client, root, until } from './segue.mjs';

export const WAIT = 10000;
const executablePath = '/usr/bin/chromium';
const args = [
	'--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
	'--disable-component-update', '--disable-sync'
];

export const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
export const DESKTOP = { viewport: { width: 1440, height: 900 } };

export function launch() {
	// Without a UTF-8 locale Chromium cannot name a download that is not ASCII.
	return chromium.launch({ executablePath, args, env: { ...process.env, LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8' } });
}

/** What a page must never do: noted here, of every page that is followed. */
export class Watch {
	constructor() {
		Object.assign(this, { problems: [], quiet: [] });
	}

	/** Lets pass what belongs to the fault the test makes itself (a cut line); the rest stays forbidden. */
	expect(...patterns) {
		this.quiet.push(...patterns);
	}

	note(what) {
		if (!this.quiet.some((pattern) => pattern.test(what))) this.problems.push(what);
	}

	async follow(context, origin) {
		await context.addInitScript(() => {
			document.addEventListener('securitypolicyviolation', (e) => console.error(`policy violated: ${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}`));
		});
		const ours = [origin, origin.replace('http', 'ws'), 'data:', `blob:${origin}`];
		const foreign = (url) => !ours.some((one) => url.startsWith(one)) && this.note(`foreign request: ${url}`);
		context.on('page', (page) => {
			page.on('console', (m) => m.type() === 'error' && this.note(`console: ${m.text()} (${m.location().url})`));
			page.on('pageerror', (e) => this.note(`error: ${e.stack ?? e}`));
			page.on('dialog', (d) => {
				this.note(`dialog: ${d.message()}`);
				d.dismiss().catch(() => {});
			});
			page.on('request', (r) => foreign(r.url()));
			page.on('websocket', (s) => foreign(s.url()));
		});
	}

	clean() {
		assert.deepEqual(this.problems, []);
	}
}

/** Lines that belong to a connection that is cut or a server that is gone. */
export const CUT = [/Failed to load resource: net::/, /WebSocket connection to .* failed/, /Failed to load resource: the server responded with a status of 503/];

export async function person(browser, segue, look, watch, options = {}) {
	const context = await browser.newContext({ locale: 'en-GB', timezoneId: 'Europe/Berlin', reducedMotion: 'reduce', acceptDownloads: true, ...look, ...options });
	context.setDefaultTimeout(WAIT);
	await watch.follow(context, segue.url);
	return context;
}

/** Signs in by the page itself, with the link out of the mail, as a person does. */
export async function signInByLink(context, segue, email, look = async () => {}) {
	const asking = await context.newPage();
	await asking.goto(`${segue.url}/`);
	await asking.getByTestId('email').fill(email);
	await look('asking', asking);
	const before = segue.out.length;
	await asking.getByTestId('send-link').click();
	await asking.getByTestId('mail-sent').waitFor();
	await look('sent', asking);
	const mail = await until('the sign-in mail', () => /(http\S+\/sign-in#token=[0-9a-f]{64})/.exec(segue.out.slice(before)));
	const page = await context.newPage();
	await page.goto(mail[1]);
	await page.getByTestId('search').waitFor();
	await asking.close();
	return page;
}

export async function signInStaff(context, segue, app, email, password) {
	const page = await context.newPage();
	await page.goto(`${segue.url}/${app}/`);
	await page.getByTestId('sign-in-email').fill(email);
	await page.getByTestId('sign-in-password').fill(password);
	await page.getByTestId('sign-in-submit').click();
	await page.getByTestId(app).waitFor();
	return page;
}

/** A page signed in by the API: for tests whose subject is not the signing in. */
export async function open(context, segue, client, at) {
	await carry(context, segue, client);
	const page = await context.newPage();
	await page.goto(segue.url + at);
	return page;
}

export function carry(context, segue, client) {
	return context.addCookies(Object.entries(client.cookies).map(([name, value]) => ({ name, value, url: segue.url, httpOnly: true, sameSite: 'Lax' })));
}

/** Fails with `what` and the last thing seen when `read` does not become `want` in time. */
export async function becomes(what, read, want, ms = WAIT) {
	let last;
	const same = typeof want === 'function' ? want : want instanceof RegExp ? (x) => want.test(x) : (x) => x === want;
	try {
		await until(what, async () => same((last = await read())), ms);
	} catch {
		assert.fail(`${what}: not within ${ms} ms; last ${JSON.stringify(last)}, wanted ${want}`);
	}
	return last;
}

export const shows = (locator, want, what = String(locator)) => becomes(what, async () => ((await locator.count()) > 0 ? ((await locator.first().textContent({ timeout: 1000 }).catch(() => null)) ?? '') : null), (text) => text !== null && (want instanceof RegExp ? want.test(text) : text.includes(want)));
export const counts = (locator, want, what = String(locator)) => becomes(what, () => locator.count(), want);
export const gone = (locator) => locator.first().waitFor({ state: 'detached' });
export const seen = (locator) => locator.first().waitFor();

export function message(page, text) {
	return page.getByTestId('message').filter({ hasText: text });
}

export async function write(page, text) {
	await page.getByTestId('message-box').fill(text);
	await page.getByTestId('send').click();
}

export async function reply(page, text) {
	await page.getByTestId('composer-text').fill(text);
	await page.getByTestId('send').click();
}

/** Pictures for docs/images; only when asked for, so that a normal run leaves the tree as it is. */
export const shots = process.env.SEGUE_SHOTS === '1';
export async function shot(page, name, { tall } = {}) {
	if (!shots) return;
	const size = page.viewportSize();
	if (tall) await page.setViewportSize({ ...size, height: tall });
	await page.evaluate(() => document.fonts.ready);
	await page.screenshot({ path: path.join(root, 'docs/images', `${name}.png`), animations: 'disabled', caret: 'hide' });
	if (tall) await page.setViewportSize(size);
}

const require = createRequire(import.meta.url);
const axeSource = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
export async function violations(page, context) {
	if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axeSource);
	return page.evaluate(async (part) => {
		const found = await window.axe.run(part ?? document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'], resultTypes: ['violations'] });
		return found.violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.target.join(' ')}: ${n.failureSummary.replace(/\s+/g, ' ')}`));
	}, context ?? null);
}

/** Where the page is wider than the window, or something is cut off at its side that nobody can scroll to. */
export function overflow(page) {
	return page.evaluate(() => {
		const root = document.documentElement;
		const found = root.scrollWidth > root.clientWidth ? [`the page is ${root.scrollWidth} wide, the window ${root.clientWidth}`] : [];
		const held = (node) => {
			for (let at = node; at && at !== document.body; at = at.parentElement) {
				const style = getComputedStyle(at);
				// A scroller of its own, a line that ends in an ellipsis, what only screen readers see, or what waits outside to be focused.
				if ((at !== node && /auto|scroll/.test(style.overflowX)) || (at !== node && style.textOverflow === 'ellipsis') || style.clipPath !== 'none' || style.position === 'fixed') return true;
			}
			return false;
		};
		for (const node of document.body.querySelectorAll('*')) {
			const box = node.getBoundingClientRect();
			const out = box.right > root.clientWidth + 1 || box.left < -1;
			if (out && box.width > 0 && box.height > 0 && !held(node)) found.push(`${node.tagName.toLowerCase()}.${node.getAttribute('class') ?? ''} from ${Math.round(box.left)} to ${Math.round(box.right)} of ${root.clientWidth}`);
		}
		return found.slice(0, 5);
	});
}

/** A line that can be cut: browsers connect here, and are passed on to the server. */
export class Line {
	constructor() {
		Object.assign(this, { pairs: new Set(), down: false, deaf: false, to: 0 });
	}

	async open() {
		this.server = net.createServer((near) => this.#connect(near));
		await new Promise((done) => this.server.listen(0, '127.0.0.1', done));
		this.port = this.server.address().port;
		this.url = `http://127.0.0.1:${this.port}`;
		return this;
	}

	#connect(near) {
		near.on('error', () => {});
		if (this.down) return near.resetAndDestroy?.() ?? near.destroy();
		const far = net.connect(this.to, '127.0.0.1');
		const pair = { near, far };
		this.pairs.add(pair);
		const close = () => {
			this.pairs.delete(pair);
			near.destroy();
			far.destroy();
		};
		near.on('data', (bytes) => far.write(bytes));
		far.on('data', (bytes) => this.deaf || near.write(bytes));
		for (const socket of [near, far]) socket.on('error', close).on('close', close);
	}

	/** Ends every connection, as a network does that is gone for a moment. */
	cut() {
		for (const { near, far } of [...this.pairs]) {
			near.destroy();
			far.destroy();
		}
	}

	close() {
		this.cut();
		this.server.close();
	}
}

export async function freePort() {
	const server = net.createServer();
	await new Promise((done) => server.listen(0, '127.0.0.1', done));
	const { port } = server.address();
	await new Promise((done) => server.close(done));
	return port;
}

/** A customer in conversation with an agent, made by the API: where most tests begin. */
export async function conversation(segue, logins, { agent = logins.agents[0], customer = logins.customer, text = 'Hello, the pump shows E4.' } = {}) {
	const them = await new Client(segue).signInCustomer(customer);
	const us = await new Client(segue).signInAgent(agent);
	const started = await begin(segue, them, us, text);
	return { customer: them, agent: us, ...started };
}

export async function topicFor(customer, agent, kind = 'purchase') {
	const topics = (await customer.get(`/topics?kind=${kind}`)).rows;
	const queue = (t) => t.queue ?? topics.find((p) => p.id === t.parent)?.queue;
	return topics.find((t) => t.parent && !t.urgent && agent.me.queues.includes(queue(t)));
}

export async function begin(segue, customer, agent, text) {
	const topic = await topicFor(customer, agent);
	const item = (await customer.get('/me/stuff?kind=purchase')).rows[0];
	const live = await agent.live();
	live.watch('desk');
	await live.frame('desk', (f) => f.type === 'snapshot');
	const started = await customer.post('/interactions', { channel: 'chat', topic: topic.id, item: item.ref, page: '/help', text });
	await live.command('set_presence', { presence: 'available' });
	const offer = await live.frame('offer', (f) => f.interaction?.id === started.interaction && f.interaction.state === 'offered');
	await live.command('accept_offer', { interaction: started.interaction, offer_no: offer.interaction.offer_no });
	await live.close();
	return { ...started, topic, item };
}

/** Somebody who types, without a page. Who types must watch the conversation. */
export async function typist(client, interaction) {
	const live = await client.live();
	live.watch(`interaction:${interaction}`);
	await live.event('interaction_started');
	return { types: () => live.command('typing', { interaction }), close: () => live.close() };
}
