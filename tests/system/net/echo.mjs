// Starts net_echo (the net layer alone) and speaks raw HTTP/1.1 to it.
import { spawn } from 'node:child_process';
import net from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
const build = path.resolve(root, process.env.SEGUE_BUILD || 'build');

// A promise that fails when it takes longer than that.
export function within(ms, what, promise) {
	let timer;
	const late = new Promise((_, no) => {
		timer = setTimeout(() => no(new Error(`${what}: nothing within ${ms} ms`)), ms);
	});
	return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

// { port, pid, stop() }; stop() tells what it wrote on standard error and how it ended.
export async function startEcho(...args) {
	const child = spawn(path.join(build, 'tests/unit/net/net_echo'), args.map(String), {
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	let out = '', err = '';
	child.stderr.on('data', (d) => (err += d));
	const ended = new Promise((yes) => child.on('close', (code, signal) => yes({ code, signal, err, out })));
	const port = await within(10000, 'start of net_echo', new Promise((yes, no) => {
		child.on('error', no);
		child.on('exit', (code) => no(new Error(`net_echo ended with ${code}: ${err}`)));
		child.stdout.on('data', (d) => {
			out += d;
			const m = /listening (\d+)/.exec(out);
			if (m) yes(Number(m[1]));
		});
	}));
	return {
		port,
		pid: child.pid,
		ended,
		signal: (s) => child.kill(s),
		async stop() {
			child.kill('SIGTERM');
			return within(15000, 'end of net_echo', ended).catch((e) => {
				child.kill('SIGKILL');
				throw e;
			});
		},
	};
}

// Cuts a byte stream into answers as a strict client would; what is left over is `rest`.
export function parseAnswers(bytes, methods = []) {
	const answers = [];
	let rest = bytes;
	for (;;) {
		const end = rest.indexOf('\r\n\r\n');
		if (end < 0) break;
		const lines = rest.subarray(0, end).toString('latin1').split('\r\n');
		const m = /^HTTP\/1\.1 (\d{3}) /.exec(lines[0]);
		if (!m) break;
		const headers = {};
		for (const line of lines.slice(1)) {
			const at = line.indexOf(':');
			headers[line.slice(0, at).toLowerCase()] = line.slice(at + 1).trim();
		}
		const status = Number(m[1]);
		const empty = status < 200 || status === 304 || methods[answers.length] === 'HEAD';
		const size = empty ? 0 : Number(headers['content-length'] || 0);
		const body = rest.subarray(end + 4, end + 4 + size);
		if (body.length < size) break;
		answers.push({ status, headers, body: body.toString('utf8') });
		rest = rest.subarray(end + 4 + size);
		if (headers.connection === 'close') break;
	}
	return { answers, rest };
}

// One raw connection.
export class Raw {
	constructor(port, options = {}) {
		this.bytes = Buffer.alloc(0);
		this.error = null;
		this.waiters = [];
		this.isClosed = false;
		this.socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true, ...options });
		this.socket.setNoDelay(true);
		this.opened = new Promise((yes, no) => this.socket.once('connect', yes).once('error', no));
		this.opened.catch(() => {});
		this.closed = new Promise((yes) => {
			const done = () => {
				this.isClosed = true;
				this.wake();
				yes();
			};
			this.socket.on('end', done).on('close', done);
		});
		this.socket.on('error', (e) => (this.error = e));
		this.socket.on('data', (d) => {
			this.bytes = Buffer.concat([this.bytes, d]);
			this.wake();
		});
	}
	wake() {
		this.waiters = this.waiters.filter((w) => !w());
	}
	write(data) {
		this.socket.write(typeof data === 'string' ? Buffer.from(data, 'latin1') : data);
		return this;
	}
	until(test, what = 'bytes', ms = 5000) {
		return within(ms, what, new Promise((yes, no) => {
			const check = () => {
				if (test(this)) yes(this);
				else if (this.isClosed) no(new Error(`${what}: connection closed`));
				else return false;
				return true;
			};
			if (!check()) this.waiters.push(check);
		}));
	}
	answers(n, methods) {
		return this.until(() => parseAnswers(this.bytes, methods).answers.length >= n, `${n} answers`)
			.then(() => parseAnswers(this.bytes, methods).answers);
	}
	end() {
		this.socket.destroy();
	}
}

// Sends those bytes and waits until the server closes.
export async function exchange(port, data, ms = 5000) {
	const raw = new Raw(port);
	raw.write(data);
	await within(ms, `close after ${JSON.stringify(String(data)).slice(0, 120)}`, raw.closed).finally(() => raw.end());
	return { ...parseAnswers(raw.bytes), bytes: raw.bytes };
}

export async function get(port, target, headers = '') {
	const { answers } = await exchange(port,
		`GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${headers}\r\n`);
	return answers[0];
}

export async function counts(port) {
	return JSON.parse((await get(port, '/counts')).body);
}

// Asks until the counts are so; there is no event to wait for on the server's side.
export async function countsUntil(port, test, what, ms = 8000) {
	const end = Date.now() + ms;
	for (;;) {
		const c = await counts(port);
		if (test(c)) return c;
		if (Date.now() > end) throw new Error(`${what}: ${JSON.stringify(c)}`);
	}
}
