// For the tests that treat a Segue roughly: a company with more staff than the demo, people who come in without mail,
// connections without comfort, and the means to take disk and clock away.
import { spawn, spawnSync } from 'node:child_process';
import crypto from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import WebSocket from 'ws';
import { Client, Live, Segue, deadline, demoData, demoLogins, program, shared, temporaryFolder, until } from './segue.mjs';

export const here = path.dirname(fileURLToPath(import.meta.url));
export const password = 'a long enough one';

/** Dice that can be thrown again: the seed is printed when a test fails. */
export function dice(seed) {
	let a = seed >>> 0;
	const next = () => {
		a = (a + 0x6d2b79f5) >>> 0;
		let t = a;
		t = Math.imul(t ^ (t >>> 15), t | 1);
		t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
		return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
	};
	return { next, int: (n) => Math.floor(next() * n), pick: (list) => list[Math.floor(next() * list.length)] };
}

export function percentile(numbers, p) {
	const sorted = [...numbers].sort((x, y) => x - y);
	return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * p) / 100))];
}

export function segueCommand(args, options = {}) {
	return spawnSync(program, args, { encoding: 'utf8', timeout: 60000, ...options });
}

export const have = (tool) => spawnSync('sh', ['-c', `command -v ${tool}`]).status === 0;

export function sqlite(dir, sql) {
	const run = spawnSync('sqlite3', [path.join(dir, 'segue.db'), sql], { encoding: 'utf8' });
	if (run.status !== 0) throw new Error(`sqlite3: ${run.stderr}`);
	return run.stdout.trim();
}

/** A folder or file of the shared data; null where it is absent. */
export function sharedData(...parts) {
	const at = path.join(shared, 'data', ...parts);
	return fs.existsSync(at) ? at : null;
}

/** A JWT as a host site signs it (RFC 7519, HS256). */
export function hostToken(secret, sub, { exp = Math.floor(Date.now() / 1000) + 300, jti = crypto.randomUUID(), head = { alg: 'HS256', typ: 'JWT' }, ...more } = {}) {
	const part = (o) => Buffer.from(JSON.stringify(o)).toString('base64url');
	const signed = `${part(head)}.${part({ sub, exp, jti, ...more })}`;
	return `${signed}.${crypto.createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

/** Somebody who comes from an address of their own, so that the rate limits of others are not theirs. */
export class Guest extends Client {
	constructor(segue, { from, ...options } = {}) {
		super(segue, options);
		this.from = from ?? `10.${crypto.randomInt(256)}.${crypto.randomInt(256)}.${1 + crypto.randomInt(250)}`;
	}

	raw(method, pathname, { headers = {}, ...rest } = {}) {
		return super.raw(method, pathname, { headers: { 'X-Forwarded-For': this.from, ...headers }, ...rest });
	}

	/** After a restart the first handshake may be asked to come again: the session is read meanwhile. */
	async live(options = {}) {
		for (let tries = 0; ; tries++) {
			try {
				return await new Live(this, { ...options, headers: { 'X-Forwarded-For': this.from, ...options.headers } }).open();
			} catch (e) {
				if (e.status !== 503 || tries === 20) throw e;
			}
		}
	}
}

let template;

/** The demo with agents 0..n (all queues), an admin and an integrator's token. Made once for each company, copied. */
function makeTemplate(agents, capacity) {
	if (template?.agents === agents && template.capacity === capacity) return template;
	const dir = demoData({ persons: 30, items: 60, contacts: 20 });
	const queues = JSON.parse(fs.readFileSync(path.join(here, '../../../demo/queues.json'), 'utf8'));
	const names = (Array.isArray(queues) ? queues : queues.queues).map((q) => q.name).join(',');
	const add = (email, name, role, more = []) => {
		const run = segueCommand(['user', 'add', '--data', dir, '--email', email, '--name', name, '--role', role, ...more], { input: password + '\n' });
		if (run.status !== 0) throw new Error(`user add: ${run.status} ${run.stderr}`);
	};
	for (let i = 0; i < agents; i++) add(`agent${i}@house.test`, `Agent ${i}`, 'agent', ['--queues', names, '--capacity', String(capacity)]);
	add('admin@house.test', 'Ada Min', 'admin');
	const token = segueCommand(['token', 'add', 'house', '--data', dir]);
	if (token.status !== 0) throw new Error(token.stderr);
	process.on('exit', () => fs.rmSync(path.dirname(dir), { recursive: true, force: true }));
	template = { agents, capacity, dir, token: token.stdout.trim() };
	return template;
}

export async function freePort() {
	const server = net.createServer().listen(0, '127.0.0.1');
	await once(server, 'listening');
	const { port } = server.address();
	server.close();
	await once(server, 'close');
	return port;
}

export class House {
	constructor({ agents = 4, capacity = 10, args = [], env = {}, dir, publicUrl } = {}) {
		const made = makeTemplate(agents, capacity);
		this.dir = dir ?? path.join(temporaryFolder(), 'data');
		fs.cpSync(made.dir, this.dir, { recursive: true });
		this.logins = demoLogins(this.dir);
		this.token = made.token;
		this.secret = crypto.randomBytes(24).toString('hex');
		this.secretFile = path.join(temporaryFolder(), 'host-secret');
		fs.writeFileSync(this.secretFile, this.secret + '\n');
		this.segue = new Segue(this.dir, {
			args: ['--trusted-proxies', '127.0.0.1', '--host-secret-file', this.secretFile, '--per-address-max', '0', ...args],
			env
		});
		this.publicUrl = publicUrl;
		if (publicUrl) this.segue.args.push('--public-url', publicUrl);
		this.known = new Set();
	}

	/** Starts, or starts again; what it logged before is in this.log. */
	async start() {
		this.log = (this.log ?? '') + this.segue.err;
		this.segue.err = '';
		if (this.publicUrl) this.segue.port ||= await freePort();
		const port = this.segue.port;
		await this.segue.start();
		if (this.publicUrl) Object.assign(this.segue, { url: `http://127.0.0.1:${port}`, port });
		return this;
	}

	/** Everything it has logged, whole life. */
	logged() {
		return (this.log ?? '') + this.segue.err;
	}

	async end() {
		await this.segue.stop();
		fs.rmSync(path.dirname(this.secretFile), { recursive: true, force: true });
		fs.rmSync(path.dirname(this.dir), { recursive: true, force: true });
	}

	async integrator(method, pathname, body) {
		const guest = new Guest(this.segue);
		return guest.call(method, pathname, { body, headers: { Authorization: `Bearer ${this.token}` } });
	}

	async person(externalId, more = {}) {
		this.known.add(externalId);
		return this.integrator('PUT', `/persons/${encodeURIComponent(externalId)}`, { name: `Person ${externalId}`, ring: 'customer', email: `${externalId}@people.test`, ...more });
	}

	item(kind, externalId, person, more = {}) {
		return this.integrator('PUT', `/items/${kind}/${encodeURIComponent(externalId)}`, {
			person, title: `Thing ${externalId}`, state: 'paid', occurred_at: '2026-01-02T10:00:00Z', ...more
		});
	}

	async customer(externalId, options = {}) {
		if (!this.known.has(externalId)) await this.person(externalId);
		const guest = new Guest(this.segue, options);
		guest.me = await guest.post('/session/host', { token: hostToken(this.secret, externalId) });
		return guest;
	}

	async staff(email, secret = password) {
		return new Guest(this.segue).signInAgent(email, secret);
	}

	agent(i) {
		return this.staff(`agent${i}@house.test`);
	}

	manager() {
		return this.staff(this.logins.manager, this.logins.password);
	}

	admin() {
		return this.staff('admin@house.test');
	}

	/** A topic that somebody serves. */
	async topic(client) {
		const topics = (await client.get('/topics')).rows;
		return topics.find((t) => t.parent && !t.urgent && (t.queue ?? topics.find((p) => p.id === t.parent)?.queue));
	}

	/** customer's interaction, taken by the agent whose live connection is `desk`; both watch it. */
	async conversation(line, desk, start) {
		const started = await line.command('start_interaction', { channel: 'chat', ...start });
		const name = `interaction:${started.interaction}`;
		const offer = await desk.frame('offer', (f) => f.type === 'change' && f.interaction?.id === started.interaction && f.interaction.state === 'offered');
		await desk.command('accept_offer', { interaction: started.interaction, offer_no: offer.interaction.offer_no });
		line.watch(name);
		desk.watch(name);
		await line.frame('accepted', (f) => f.type === 'event' && f.topic === name && f.event.kind === 'offer_accepted');
		return { ...started, topic: name };
	}

	async desk(agent) {
		const line = await agent.live();
		line.watch('desk');
		await line.frame('desk', (f) => f.type === 'snapshot');
		await line.command('set_presence', { presence: 'available' });
		return line;
	}

	metric(name) {
		return fetch(this.segue.url + '/metrics')
			.then((r) => r.text())
			.then((t) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(t)?.[1] ?? NaN));
	}
}

/** A live connection that comes back by itself and tells `on` each frame; nothing is kept. */
export class Wire {
	constructor(client, { opened, frame }) {
		Object.assign(this, { client, opened, frame, wanted: true });
	}

	connect() {
		const url = this.client.segue.url.replace('http', 'ws') + '/api/v1/live' + (this.client.staff ? '?as=staff' : '');
		const socket = new WebSocket(url, { headers: { Cookie: this.client.cookie(), Origin: this.client.segue.url, 'X-Forwarded-For': this.client.from } });
		this.socket = socket;
		socket.on('error', () => {});
		socket.on('unexpected-response', (_q, res) => {
			res.resume();
			socket.terminate();
		});
		socket.on('open', () => this.opened());
		socket.on('message', (data) => this.frame(JSON.parse(data)));
		socket.on('close', () => {
			if (this.wanted && this.socket === socket) this.timer = setTimeout(() => this.wanted && this.connect(), 30);
		});
		return this;
	}

	get up() {
		return this.socket?.readyState === WebSocket.OPEN;
	}

	send(frame) {
		if (this.up) this.socket.send(JSON.stringify(frame));
	}

	/** Drops the line until connect() is called again. */
	drop() {
		this.wanted = false;
		clearTimeout(this.timer);
		this.socket?.terminate();
	}

	again() {
		this.wanted = true;
		return this.connect();
	}
}

/** One HTTP request with exactly these headers (fetch sets some of its own and hides others). */
export function request(url, { method = 'GET', path: target, headers = {}, body, ms = 10000, setHost = true } = {}) {
	const u = new URL(url);
	return deadline(
		new Promise((done, no) => {
			const req = http.request({ host: u.hostname, port: u.port, method, path: target, headers, setHost, agent: false }, (res) => {
				const parts = [];
				res.on('data', (d) => parts.push(d));
				res.on('error', no);
				res.on('end', () => done({ status: res.statusCode, headers: res.headers, body: Buffer.concat(parts).toString('utf8') }));
			});
			req.on('error', no);
			req.end(body);
		}),
		ms,
		`${method} ${target}`
	);
}

/** Bytes as they are; resolves with all that came back when the other side closes or `until_` is seen. */
export function rawBytes(port, bytes, { ms = 5000, until_ } = {}) {
	return new Promise((done) => {
		const socket = net.connect(port, '127.0.0.1');
		const parts = [];
		const end = () => {
			socket.destroy();
			done(Buffer.concat(parts).toString('latin1'));
		};
		const timer = setTimeout(end, ms);
		socket.on('data', (d) => {
			parts.push(d);
			if (until_?.test(Buffer.concat(parts).toString('latin1'))) end();
		});
		socket.on('error', () => {});
		socket.on('close', () => {
			clearTimeout(timer);
			done(Buffer.concat(parts).toString('latin1'));
		});
		socket.write(bytes);
	});
}

/** The library that fails fsync and moves the clock on demand (lib/hostile_shim.c), built once; null without a compiler. */
let shim;
export function faults() {
	if (shim === undefined) {
		const dir = temporaryFolder();
		const out = path.join(dir, 'hostile_shim.so');
		const run = spawnSync('cc', ['-shared', '-fPIC', '-O1', '-Wall', '-Werror', '-o', out, path.join(here, 'hostile_shim.c'), '-ldl'], { encoding: 'utf8' });
		shim = run.status === 0 ? out : null;
		if (run.error === undefined && run.status !== 0) throw new Error(`cc: ${run.stderr}`);
		process.on('exit', () => fs.rmSync(dir, { recursive: true, force: true }));
	}
	if (!shim) return null;
	const dir = temporaryFolder();
	const control = path.join(dir, 'control');
	fs.writeFileSync(control, Buffer.alloc(16));
	const set = (at, value) => {
		const bytes = Buffer.alloc(8);
		bytes.writeBigInt64LE(BigInt(value));
		const fd = fs.openSync(control, 'r+');
		fs.writeSync(fd, bytes, 0, 8, at);
		fs.closeSync(fd);
	};
	return {
		env: { LD_PRELOAD: shim, SEGUE_TEST_FAULTS: control },
		failSync: (yes) => set(0, yes ? 1 : 0),
		moveClock: (seconds) => set(8, seconds),
		end: () => fs.rmSync(dir, { recursive: true, force: true })
	};
}

export { deadline, fs, net, once, os, path, program, spawn, temporaryFolder, until };

/** fn over items, `n` at a time, results in order. */
export async function pool(items, n, fn) {
	const out = new Array(items.length);
	let at = 0;
	const one = async () => {
		while (at < items.length) {
			const i = at++;
			out[i] = await fn(items[i], i);
		}
	};
	await Promise.all(Array.from({ length: n }, one));
	return out;
}
