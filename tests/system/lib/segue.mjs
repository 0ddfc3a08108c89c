// A Segue of the test's own: started on a free port with data in a temporary folder, and stopped with the test.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import WebSocket from 'ws';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
export const program = path.join(root, process.env.SEGUE_BUILD ?? 'build', 'segue');
export const shared = path.resolve(root, '..', 'shared');

/** Waits until `ask` gives something truthy; fails with `what` after `ms`. Events first: this is for what has none. */
export async function until(what, ask, ms = 15000) {
	const end = Date.now() + ms;
	for (;;) {
		const got = await ask();
		if (got) return got;
		if (Date.now() > end) throw new Error(`not within ${ms} ms: ${what}`);
		await new Promise((done) => setTimeout(done, 20));
	}
}

export function deadline(promise, ms, what) {
	let timer;
	const late = new Promise((_, no) => {
		timer = setTimeout(() => no(new Error(`not within ${ms} ms: ${what}`)), ms);
	});
	return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

export function temporaryFolder() {
	return fs.mkdtempSync(path.join(os.tmpdir(), 'segue-test-'));
}

/** A small demo company, made once for each set of sizes and copied for each test that wants one. */
const made = new Map();
export function demoData({ persons = 60, items = 300, contacts = 150 } = {}) {
	const key = `${persons}-${items}-${contacts}`;
	if (!made.has(key)) {
		const dir = path.join(temporaryFolder(), 'data');
		const run = spawnSync(program, ['demo', '--data', dir, '--persons', persons, '--items', items, '--contacts', contacts], {
			encoding: 'utf8'
		});
		if (run.status !== 0) throw new Error(`segue demo: ${run.status} ${run.stderr}`);
		made.set(key, dir);
		process.on('exit', () => fs.rmSync(path.dirname(dir), { recursive: true, force: true }));
	}
	const copy = path.join(temporaryFolder(), 'data');
	fs.cpSync(made.get(key), copy, { recursive: true });
	return copy;
}

/** Sign-ins of the demo, as `segue demo` notes them. */
export function demoLogins(dir) {
	const logins = {};
	for (const line of fs.readFileSync(path.join(dir, 'demo.txt'), 'utf8').split('\n')) {
		const [who, , email] = line.trim().split(/\s+/);
		if (!email) continue;
		const key = who.toLowerCase();
		logins[key] ??= [];
		logins[key].push(email);
	}
	return { customer: logins.customer[0], agents: logins.agent, manager: logins.manager[0], password: 'halden-demo' };
}

export class Segue {
	constructor(dir, { args = [], env = {}, port = 0 } = {}) {
		Object.assign(this, { dir, args, env, port, out: '', err: '' });
	}

	/** Starts and waits until it is ready. After a kill it starts again on the same port. */
	async start() {
		const listen = `127.0.0.1:${this.port}`;
		this.child = spawn(program, ['serve', '--data', this.dir, '--listen', listen, '--web', path.join(root, 'web'), ...this.args], {
			stdio: ['ignore', 'pipe', 'pipe'],
			env: { ...process.env, ...this.env }
		});
		this.exited = once(this.child, 'exit');
		this.child.stdout.on('data', (d) => (this.out += d));
		this.child.stderr.on('data', (d) => (this.err += d));
		const ready = await until(
			'segue ready',
			() => {
				if (this.child.exitCode !== null) throw new Error(`segue ended: ${this.child.exitCode}\n${this.err}`);
				return /event=ready url=(\S+)[^\n]*\n(?![\s\S]*event=ready)/.exec(this.err);
			},
			30000
		);
		this.url = ready[1];
		this.port = Number(new URL(this.url).port);
		return this;
	}

	async stop() {
		if (this.child?.exitCode === null && this.child.signalCode === null) {
			this.child.kill('SIGTERM');
			await deadline(this.exited, 20000, 'segue stops on SIGTERM');
		}
		return this.child?.exitCode;
	}

	async kill() {
		this.child.kill('SIGKILL');
		await this.exited;
		this.err = '';
	}

	/** Stops and removes the data. */
	async end() {
		await this.stop();
		fs.rmSync(path.dirname(this.dir), { recursive: true, force: true });
	}

	rss() {
		return Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${this.child.pid}/status`, 'utf8'))[1]);
	}
}

/** Somebody with a cookie jar. */
export class Client {
	constructor(segue, { staff = false } = {}) {
		Object.assign(this, { segue, staff, cookies: {} });
	}

	cookie() {
		return Object.entries(this.cookies)
			.map(([k, v]) => `${k}=${v}`)
			.join('; ');
	}

	async raw(method, pathname, { body, headers = {}, bytes } = {}) {
		const init = { method, headers: { ...headers }, redirect: 'manual' };
		if (this.staff) init.headers['Segue-As'] ??= 'staff';
		if (Object.keys(this.cookies).length) init.headers.Cookie ??= this.cookie();
		if (method !== 'GET' && method !== 'HEAD') init.headers['Segue-Csrf'] ??= '1';
		if (body !== undefined) {
			init.headers['Content-Type'] ??= 'application/json';
			init.body = typeof body === 'string' ? body : JSON.stringify(body);
		}
		if (bytes !== undefined) init.body = bytes;
		const res = await fetch(this.segue.url + pathname, init);
		// Debian 12's Node 18 knows no getSetCookie; we set one cookie an answer.
		const one = res.headers.get('set-cookie');
		for (const line of res.headers.getSetCookie?.() ?? (one ? [one] : [])) {
			const [pair] = line.split(';');
			const at = pair.indexOf('=');
			if (/Max-Age=0/.test(line)) delete this.cookies[pair.slice(0, at)];
			else this.cookies[pair.slice(0, at)] = pair.slice(at + 1);
		}
		return res;
	}

	/** Calls an operation below /api/v1; throws on a refusal, with .status and .problem. */
	async call(method, pathname, options) {
		const res = await this.raw(method, '/api/v1' + pathname, options);
		const json = await res.json();
		if (!res.ok) throw Object.assign(new Error(`${method} ${pathname}: ${res.status} ${JSON.stringify(json)}`), { status: res.status, problem: json });
		return json;
	}

	get(pathname) {
		return this.call('GET', pathname);
	}

	post(pathname, body = {}, headers) {
		return this.call('POST', pathname, { body, headers });
	}

	async signInAgent(email, password = 'halden-demo') {
		this.staff = true;
		this.me = await this.post('/session', { email, password });
		return this;
	}

	/** Asks for a link and takes it from the console's mail. */
	async signInCustomer(email) {
		const before = this.segue.out.length;
		await this.post('/session/link', { email });
		const mail = await until('the sign-in mail', () => /\/sign-in#token=([0-9a-f]{64})/.exec(this.segue.out.slice(before)));
		this.me = await this.post('/session/redeem', { token: mail[1] });
		return this;
	}

	live(options) {
		return new Live(this, options).open();
	}
}

/** The live connection, frames kept; waits are for frames, not for time. */
export class Live {
	constructor(client, { headers = {} } = {}) {
		Object.assign(this, { client, headers, frames: [], waiting: [], n: 0 });
	}

	async open() {
		const url = this.client.segue.url.replace('http', 'ws') + '/api/v1/live' + (this.client.staff ? '?as=staff' : '');
		this.socket = new WebSocket(url, { headers: { Cookie: this.client.cookie(), Origin: this.client.segue.url, ...this.headers } });
		this.closed = new Promise((done) => this.socket.on('close', (code) => done(code)));
		this.socket.on('message', (data) => this.arrived(JSON.parse(data)));
		this.socket.on('error', (e) => (this.error = e));
		await Promise.race([
			once(this.socket, 'open'),
			new Promise((_, no) => this.socket.once('unexpected-response', (_q, res) => no(Object.assign(new Error(`handshake: ${res.statusCode}`), { status: res.statusCode }))))
		]);
		return this;
	}

	arrived(frame) {
		this.frames.push(frame);
		this.waiting = this.waiting.filter((w) => !w(frame));
	}

	send(frame) {
		this.socket.send(JSON.stringify(frame));
	}

	/** The first frame, past or to come, for which `test` holds. */
	frame(what, test, ms = 15000) {
		const have = this.frames.find(test);
		if (have) return Promise.resolve(have);
		return deadline(
			new Promise((done) =>
				this.waiting.push((f) => {
					if (!test(f)) return false;
					done(f);
					return true;
				})
			),
			ms,
			`${what}; last frames: ${JSON.stringify(this.frames.slice(-4))}`
		);
	}

	/** A command, answered: its result, or throws with .problem. */
	async command(name, params = {}, id = `c${++this.n}-${Math.random().toString(36).slice(2)}`) {
		this.send({ type: 'command', id, name, params });
		const f = await this.frame(`answer to ${name}`, (x) => x.id === id && (x.type === 'ack' || x.type === 'error'));
		if (f.type === 'error') throw Object.assign(new Error(`${name}: ${JSON.stringify(f.problem)}`), { problem: f.problem });
		return f.result;
	}

	watch(topic, after = 0) {
		this.send({ type: 'watch', topic, after });
	}

	event(kind, more = () => true) {
		return this.frame(`event ${kind}`, (f) => f.type === 'event' && f.event.kind === kind && more(f.event));
	}

	events(topic) {
		return this.frames.filter((f) => f.type === 'event' && (!topic || f.topic === topic)).map((f) => f.event);
	}

	async close() {
		this.socket.close();
		await this.closed;
	}
}
