// Slow, silent and never-reading clients are ended at their deadlines, and a good client beside them notices nothing.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { counts, countsUntil, parseAnswers, Raw, startEcho, within } from './echo.mjs';
import { CLOSE, frame, PING, PONG, RawWs, TEXT } from './rawws.mjs';

async function ended(server) {
	const { code, err, out } = await server.stop();
	assert.equal(code, 0, err + out);
	assert.doesNotMatch(err, /Sanitizer|runtime error/);
}

// Writes one byte of `text` each `ms`; tells after how long the server closed.
async function drip(port, text, ms, limit) {
	const raw = new Raw(port);
	await raw.opened;
	const began = Date.now();
	let i = 0;
	const timer = setInterval(() => !raw.isClosed && i < text.length && raw.write(text[i++]), ms);
	await within(limit, 'end of a slow client', raw.closed).finally(() => clearInterval(timer));
	raw.end();
	return { took: Date.now() - began, ...parseAnswers(raw.bytes) };
}

test('a head that drips is cut at its deadline', async () => {
	const server = await startEcho('--header-ms', 600);
	const [first, second] = await Promise.all([
		drip(server.port, 'GET /hello HTTP/1.1\r\nHost: a\r\nX: ' + 'a'.repeat(1000), 20, 5000),
		drip(server.port, 'G', 20, 5000),
	]);
	for (const { took, answers } of [first, second]) {
		assert.ok(took >= 550 && took < 2500, `${took} ms`);
		assert.equal(answers.filter((a) => a.status < 400).length, 0);
	}
	assert.ok((await counts(server.port)).slow_closed >= 2);
	await ended(server);
});

test('a body that drips is cut at its deadline with 408, one at the least rate is not', async () => {
	const server = await startEcho('--body-ms', 700);
	const head = (n) => `POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: ${n}\r\n\r\n`;
	const slow = new Raw(server.port);
	const began = Date.now();
	slow.write(head(1000));
	const timer = setInterval(() => !slow.isClosed && slow.write('x'), 20);
	await within(5000, 'end of the slow body', slow.closed).finally(() => clearInterval(timer));
	slow.end();
	assert.ok(Date.now() - began >= 650);
	assert.equal(parseAnswers(slow.bytes).answers[0]?.status, 408);

	const steady = new Raw(server.port);
	const size = 20000;
	let sent = 0;
	steady.write(head(size));
	const feeder = setInterval(() => {
		const n = Math.min(1000, size - sent);
		if (n) steady.write('x'.repeat(n));
		sent += n;
	}, 75);
	const [a] = await steady.answers(1).finally(() => clearInterval(feeder));
	steady.end();
	assert.equal(a.body.length, size);
	await ended(server);
});

test('a silent kept connection is ended, an answer that takes long is waited for', async () => {
	const server = await startEcho('--idle-ms', 500, '--header-ms', 500);
	const raw = new Raw(server.port), held = new Raw(server.port);
	held.write('GET /never HTTP/1.1\r\nHost: a\r\n\r\n');
	raw.write('GET /hello HTTP/1.1\r\nHost: a\r\n\r\n');
	await raw.answers(1);
	const began = Date.now();
	await within(5000, 'end of the idle connection', raw.closed);
	assert.ok(Date.now() - began >= 450);
	assert.ok(!held.isClosed);
	held.end();
	raw.end();
	await ended(server);
});

test('a client that does not read a large answer is ended', async () => {
	const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'net-slow-'));
	const file = path.join(dir, 'big');
	fs.writeFileSync(file, '');
	fs.truncateSync(file, 2 ** 30); // sparse: larger than any socket buffer
	const server = await startEcho('--idle-ms', 1000, '--header-ms', 1000);
	const is_open = () => fs.readdirSync(`/proc/${server.pid}/fd`).some((fd) => {
		try {
			return fs.readlinkSync(`/proc/${server.pid}/fd/${fd}`) === file;
		} catch {
			return false;
		}
	});
	const raw = new Raw(server.port);
	await raw.opened;
	raw.socket.pause();
	raw.write(`GET /file?p=${file} HTTP/1.1\r\nHost: a\r\n\r\n`);
	await countsUntil(server.port, () => is_open(), 'file being sent');
	await countsUntil(server.port, () => !is_open(), 'file closed');
	raw.end();
	fs.rmSync(dir, { recursive: true });
	await ended(server);
});

test('500 half-open connections and 100 WebSockets that never read leave a good client its 100 ms', async () => {
	const server = await startEcho('--connections', 2000, '--queue-max', 262144);
	const bad = [], rss = () => Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${server.pid}/status`, 'utf8'))[1]);
	const before = rss();
	for (let i = 0; i < 500; i++) {
		const raw = new Raw(server.port);
		bad.push(raw);
		await raw.opened;
		raw.write(['G', 'GET /hello HTTP/1.1\r\nHost: a\r\n', 'POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nx'][i % 3]);
	}
	const deaf = [];
	for (let i = 0; i < 100; i++) {
		const ws = await RawWs.open(server.port);
		ws.pause();
		ws.write(frame(TEXT, '!flood'));
		deaf.push(ws);
	}
	await countsUntil(server.port, (c) => c.overflows === 100, 'the deaf are cut', 20000);
	const good = new Raw(server.port), times = [];
	for (let i = 0; i < 1000; i++) {
		const began = performance.now();
		good.write('GET /hello HTTP/1.1\r\nHost: a\r\n\r\n');
		await good.until((r) => r.bytes.includes('\r\n\r\nhello'), 'answer');
		times.push(performance.now() - began);
		good.bytes = Buffer.alloc(0);
	}
	times.sort((a, b) => a - b);
	const grown = rss() - before;
	assert.ok(times[989] <= 100, `p99 ${times[989]} ms`);
	if (!/asan/.test(process.env.SEGUE_BUILD || '')) assert.ok(grown < 65536, `${grown} KiB more`);
	for (const b of [good, ...bad, ...deaf]) b.end();
	await ended(server);
});

test('who never reads is cut at queue-max with 1013, who reads goes on', async () => {
	const server = await startEcho('--queue-max', 200000);
	const deaf = await RawWs.open(server.port), good = await RawWs.open(server.port);
	deaf.pause();
	deaf.write(frame(TEXT, '!flood'));
	const c = await countsUntil(server.port, (x) => x.overflows === 1, 'overflow');
	assert.equal(c.closed, 1);
	good.write(frame(TEXT, 'still here'));
	assert.equal(await good.nextText(), 'still here');
	deaf.resume();
	const frames = await deaf.rest();
	assert.ok(frames.length > 100);
	assert.ok(frames.slice(0, -1).every((f) => f.opcode === TEXT && f.data.length === 1000), 'whole frames only');
	assert.deepEqual([frames.at(-1).opcode, frames.at(-1).code], [CLOSE, 1013]);
	good.end();
	await ended(server);
});

test('a queue above half is told when it has drained', async () => {
	const server = await startEcho('--queue-max', 4 << 20);
	const ws = await RawWs.open(server.port);
	ws.pause();
	ws.write(frame(TEXT, '!half'));
	await countsUntil(server.port, (c) => c.out > 2000, 'queue half full');
	assert.equal((await counts(server.port)).drained, 0);
	ws.resume();
	let last;
	do last = await ws.next();
	while (last.opcode !== TEXT);
	assert.equal(last.data.toString(), 'drained');
	assert.equal((await counts(server.port)).drained, 1);
	ws.end();
	await ended(server);
});

test('pings keep a living socket and end a dead one', async () => {
	const server = await startEcho('--ping-ms', 300, '--header-ms', 500);
	const dead = await RawWs.open(server.port), alive = await RawWs.open(server.port);
	let pings = 0;
	const answering = (async () => {
		for (; pings < 6; pings++) {
			const f = await alive.next();
			assert.equal(f.opcode, PING);
			alive.write(frame(PONG, f.data));
		}
	})();
	await within(5000, 'end of the dead socket', dead.raw.closed);
	await answering;
	alive.write(frame(TEXT, 'a'));
	while ((await alive.next()).opcode !== TEXT);
	alive.end();
	dead.end();
	await ended(server);
});

test('a server\'s close that is never answered ends after 5 s at the latest', async () => {
	const server = await startEcho();
	const ws = await RawWs.open(server.port);
	ws.write(frame(TEXT, '!close'));
	assert.equal((await ws.next()).code, 4001);
	await countsUntil(server.port, (c) => c.websockets_open === 0, 'socket ended', 5500);
	ws.end();
	await ended(server);
});

test('messages beyond the allowed rate close with 1008', async () => {
	const server = await startEcho('--messages-per-s', 20);
	const ws = await RawWs.open(server.port);
	ws.write(...Array(60).fill(0).map(() => frame(TEXT, 'a')));
	const rest = await ws.rest();
	assert.ok(rest.length >= 21 && rest.length < 40, `${rest.length}`);
	assert.equal(rest.at(-1).code, 1008);
	await ended(server);
});

test('a pinger that never reads cannot make the server queue its pongs', async () => {
	const server = await startEcho('--queue-max', 100000);
	const ws = await RawWs.open(server.port);
	ws.pause();
	ws.write(frame(TEXT, '!half'));
	for (let i = 0; i < 200; i++) ws.write(frame(PING, 'p'.repeat(125)));
	await countsUntil(server.port, (c) => c.out > 0, 'queue filled');
	assert.equal((await counts(server.port)).websockets_open, 1);
	ws.end();
	await countsUntil(server.port, (c) => c.websockets_open === 0, 'socket ended');
	await ended(server);
});

test('when nobody is there the server sleeps', async () => {
	const server = await startEcho();
	const ticks = () => {
		const f = fs.readFileSync(`/proc/${server.pid}/stat`, 'utf8').split(') ')[1].split(' ');
		return Number(f[11]) + Number(f[12]);
	};
	const switches = () => Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(fs.readFileSync(`/proc/${server.pid}/status`, 'utf8'))[1]);
	const socket = net.connect(server.port, '127.0.0.1');
	await within(5000, 'connect', new Promise((yes) => socket.once('connect', yes)));
	socket.destroy();
	// Two quiet seconds are the thing measured here, not a wait for something.
	await new Promise((yes) => setTimeout(yes, 1000));
	const t0 = ticks(), s0 = switches();
	await new Promise((yes) => setTimeout(yes, 1000));
	assert.ok(ticks() - t0 <= 1);
	assert.ok(switches() - s0 <= 3, `${switches() - s0} wake-ups`);
	await ended(server);
});
