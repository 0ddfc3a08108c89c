// Promises P2, P4, P6, P7, P8 and the orderly stop, from outside.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import WebSocket from 'ws';
import { House, Wire, deadline, faults, fs, have, net, path, percentile, pool, temporaryFolder, until } from './lib/hostile_house.mjs';

/** A customer in a conversation of their own, sending all the time, each message again until it is answered. */
class Talker {
	constructor(client, interaction, name) {
		Object.assign(this, { client, interaction, name, n: 0, pending: new Map(), acked: new Map(), refused: 0, seen: [] });
		this.topic = `interaction:${interaction}`;
		this.wire = new Wire(client, {
			opened: () => {
				this.wire.send({ type: 'watch', topic: this.topic, after: this.seen.at(-1) ?? 0 });
				for (const frame of this.pending.values()) this.wire.send(frame);
			},
			frame: (f) => this.frame(f)
		});
	}

	frame(f) {
		if (f.type === 'event') {
			assert.ok(f.event.seq > (this.seen.at(-1) ?? 0), `${this.name}: seq ${f.event.seq} after ${this.seen.at(-1)}`);
			this.seen.push(f.event.seq);
		} else if (f.id && this.pending.has(f.id)) {
			const { params } = this.pending.get(f.id);
			this.pending.delete(f.id);
			if (f.type === 'ack') this.acked.set(params.text, f.result.seq);
			else this.refused++;
		}
	}

	say() {
		if (this.pending.size >= 4) return;
		const id = `${this.name}-${++this.n}`;
		const frame = { type: 'command', id, name: 'send_message', params: { interaction: this.interaction, text: id } };
		this.pending.set(id, frame);
		this.wire.send(frame);
	}

	start() {
		if (!this.wire.up) this.wire.again();
		this.timer = setInterval(() => this.say(), 5);
		return this;
	}

	pause() {
		clearInterval(this.timer);
	}

	stop() {
		clearInterval(this.timer);
		this.wire.drop();
	}
}

async function talkers(house, n) {
	return Promise.all(
		[...Array(n).keys()].map(async (i) => {
			const client = await house.customer(`t${i}`);
			const { interaction } = await client.post('/interactions', { channel: 'chat', text: `talker ${i}` });
			return new Talker(client, interaction, `t${i}`);
		})
	);
}

/** Each acknowledged message is in the log, once, where the acknowledgement said; returns all texts. */
async function checkTalk(list) {
	let acked = 0;
	for (const t of list) {
		const found = new Map();
		for (let after = 0; ; ) {
			const page = await t.client.get(`/interactions/${t.interaction}/events?after=${after}&limit=1000`);
			for (const e of page.events) {
				assert.ok(e.seq > after);
				after = e.seq;
				if (e.kind !== 'message_sent') continue;
				assert.ok(!found.has(e.facts.text), `doubled: ${e.facts.text}`);
				found.set(e.facts.text, e.seq);
			}
			if (!page.events.length || after >= page.head) break;
		}
		for (const [text, seq] of t.acked) assert.equal(found.get(text), seq, `acknowledged and lost: ${text}`);
		const inOrder = [...t.acked].sort((a, b) => a[1] - b[1]).map(([text]) => Number(text.split('-')[1]));
		assert.deepEqual(inOrder, [...inOrder].sort((a, b) => a - b), 'in the order of sending');
		acked += t.acked.size;
	}
	return acked;
}

const timed = async (what, fn) => {
	const start = performance.now();
	const result = await fn();
	return [result, performance.now() - start, what];
};

/** What every fault of the disk must look like from outside. */
async function faultOfTheDisk(t, house, begin, end) {
	await house.start();
	const list = await talkers(house, 4);
	const agent = await house.agent(0);
	const idle = await talkers(house, 8);
	try {
		for (const x of list) x.start();
		await until('talk', () => list.every((x) => x.acked.size > 20));
		begin();
		await until('the store says it cannot write', async () => (await fetch(house.segue.url + '/readyz')).status === 503, 5000);
		const before = list.map((x) => x.acked.size);
		const posts = await pool([...Array(200).keys()], 200, (i) =>
			timed(i, async () => (await idle[i % 8].client.raw('POST', `/api/v1/interactions/${idle[i % 8].interaction}/messages`, { body: { text: `in the fault ${i}` } })).status)
		);
		for (const [status, ms] of posts) {
			assert.ok(status === 503 || status === 507, `answered ${status}`);
			assert.ok(ms <= 5000, `answered after ${ms} ms`);
		}
		assert.deepEqual(list.map((x) => x.acked.size), before, 'nothing is acknowledged that cannot be kept');
		const [read, readMs] = await timed('', () => list[0].client.get('/session'));
		assert.equal(read.role, 'customer');
		assert.ok(readMs < 500, 'reading goes on');
		for (const x of list) x.pause();
		end();
		const start = performance.now();
		await until('it takes writes again', async () => (await idle[0].client.raw('POST', `/api/v1/interactions/${idle[0].interaction}/messages`, { body: { text: 'after the fault' } })).status === 201, 5000);
		t.diagnostic(`writes again ${Math.round(performance.now() - start)} ms after the end of the fault`);
		for (const x of list) x.start();
		await until('the talkers go on', () => list.every((x, i) => x.acked.size > before[i] + 20));
		for (const x of list) x.pause();
		await until('all is answered', () => list.every((x) => x.pending.size === 0));
		const desk = await house.desk(agent);
		await desk.frame('routing goes on', (f) => f.type === 'change' && f.interaction?.state === 'offered');
		for (const x of list) x.stop();
		const acked = await checkTalk(list);
		await house.segue.kill();
		await house.start();
		assert.equal(await checkTalk(list), acked);
		await checkTalk(idle);
		t.diagnostic(`${acked} acknowledged, ${list.reduce((n, x) => n + x.refused, 0)} refused`);
		assert.equal(await house.segue.stop(), 0);
	} finally {
		for (const x of [...list, ...idle]) x.stop();
		end();
		await house.end();
	}
}

test('a disk that does not sync: nothing is acknowledged, and it recovers by itself', { timeout: 60000 }, async (t) => {
	const disk = faults();
	if (!disk) return t.skip('no compiler for the failing disk');
	await faultOfTheDisk(t, new House({ env: disk.env, args: ['--live-per-s', '2000'] }), () => disk.failSync(true), () => disk.failSync(false));
	disk.end();
});

test('a file that may not grow: nothing is acknowledged, and it recovers by itself', { timeout: 60000 }, async (t) => {
	if (!have('prlimit')) return t.skip('no prlimit here');
	const house = new House({ args: ['--live-per-s', '2000'] });
	const limit = (to) => {
		if (house.segue.child?.exitCode === null && house.segue.child.signalCode === null) spawnSync('prlimit', ['--pid', String(house.segue.child.pid), `--fsize=${to}:`]);
	};
	await faultOfTheDisk(t, house, () => limit(4096), () => limit('unlimited'));
});

test('a disk that is full: nothing is acknowledged, and it recovers by itself', { timeout: 60000 }, async (t) => {
	const small = temporaryFolder();
	if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', small]).status !== 0) return t.skip('no right to mount a small disk');
	const ballast = path.join(small, 'ballast');
	try {
		await faultOfTheDisk(
			t,
			new House({ dir: path.join(small, 'segue', 'data'), args: ['--live-per-s', '2000'] }),
			() => {
				const fd = fs.openSync(ballast, 'w');
				for (const size of [1 << 20, 4096]) {
					try {
						for (;;) fs.writeSync(fd, Buffer.alloc(size, 1));
					} catch (e) {
						assert.equal(e.code, 'ENOSPC');
					}
				}
				fs.closeSync(fd);
			},
			() => fs.rmSync(ballast, { force: true })
		);
	} finally {
		spawnSync('umount', ['-l', small]);
		fs.rmSync(small, { recursive: true, force: true });
	}
});

test('five hundred slow clients and fifty that never read slow nobody down', { timeout: 90000 }, async (t) => {
	const house = await new House({ args: ['--live-per-s', '5000'] }).start();
	const sockets = [], lives = [];
	try {
		const good = []; // several, as one account may not change so much so fast
		for (let k = 0; k < 6; k++) {
			const who = await house.customer(`good${k}`);
			const { interaction } = await who.post('/interactions', { channel: 'chat', text: 'measured' });
			good.push({ who, interaction });
		}
		const measure = async (n) => {
			const times = [];
			for (let i = 0; i < n; i++) {
				const { who, interaction } = good[i % good.length];
				const [, ms] = await timed('', () => who.post(`/interactions/${interaction}/messages`, { text: `m${i}` }));
				times.push(ms);
			}
			return percentile(times, 99);
		};
		await measure(50);
		const rss = house.segue.rss();
		const host = `Host: 127.0.0.1:${house.segue.port}\r\n`;
		const kinds = [
			'', 'GET ', 'GET / HTTP/1.1\r\n' + host, `POST /api/v1/session HTTP/1.1\r\n${host}Content-Type: application/json\r\nSegue-Csrf: 1\r\nContent-Length: 5000\r\n\r\n{`,
			`POST /api/v1/session HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\n5\r\nab`, `GET /api/docs HTTP/1.1\r\n${host}\r\n`
		];
		for (let i = 0; i < 500; i++) {
			const s = net.connect(house.segue.port, '127.0.0.1');
			s.on('error', () => {});
			s.write(kinds[i % kinds.length]);
			s.pause();
			sockets.push(s);
		}
		const drip = setInterval(() => sockets.forEach((s, i) => i % 3 === 1 && !s.destroyed && s.write('X')), 500);
		const deaf = await house.customer('deaf');
		const { interaction: loud } = await deaf.post('/interactions', { channel: 'chat', text: 'loud' });
		for (let i = 0; i < 50; i++) {
			const ws = new WebSocket(house.segue.url.replace('http', 'ws') + '/api/v1/live', { headers: { Cookie: deaf.cookie(), Origin: house.segue.url, 'X-Forwarded-For': deaf.from } });
			ws.on('error', () => {});
			await new Promise((done) => ws.on('open', done));
			ws.send(JSON.stringify({ type: 'watch', topic: `interaction:${loud}`, after: 0 }));
			ws._socket.pause();
			lives.push(ws);
		}
		const text = 'ä'.repeat(3900);
		const mouth = await deaf.live();
		lives.push(mouth.socket);
		const shouting = pool([...Array(600).keys()], 4, () => mouth.command('send_message', { interaction: loud, text }));
		const p99 = await measure(400);
		await shouting;
		const grown = (house.segue.rss() - rss) / 1024;
		clearInterval(drip);
		t.diagnostic(`p99 of the good client ${p99.toFixed(1)} ms, memory +${grown.toFixed(1)} MiB`);
		assert.ok(p99 <= 100, `p99 ${p99} ms`);
		assert.ok(grown <= 64, `memory grew by ${grown} MiB`);
	} finally {
		for (const s of sockets) s.destroy();
		for (const ws of lives) ws.terminate();
		await house.end();
	}
});

test('a reader that stops and comes back has missed nothing', { timeout: 60000 }, async () => {
	const house = await new House({ args: ['--live-per-s', '5000'] }).start();
	let reader;
	try {
		const client = await house.customer('slow');
		const { interaction } = await client.post('/interactions', { channel: 'chat', text: 'first' });
		reader = new Talker(client, interaction, 'reader');
		reader.wire.connect();
		await until('it reads', () => reader.seen.length > 0);
		reader.wire.socket._socket.pause();
		const text = 'x'.repeat(4000);
		const line = await client.live();
		const sent = await pool([...Array(2000).keys()], 8, () => line.command('send_message', { interaction, text }));
		const last = Math.max(...sent.map((s) => s.seq));
		reader.wire.socket._socket?.resume();
		await until('it has all', () => reader.seen.at(-1) >= last);
		assert.equal(new Set(reader.seen).size, reader.seen.length);
		for (const s of sent) assert.ok(reader.seen.includes(s.seq));
	} finally {
		reader?.stop();
		await house.end();
	}
});

test('a clock that jumps changes no order, loses nothing, and signs nobody out backwards', { timeout: 60000 }, async (t) => {
	const clock = faults();
	if (!clock) return t.skip('no compiler for the clock');
	const house = await new House({ env: clock.env, args: ['--agent-session', '30d', '--live-per-s', '2000'] }).start();
	const list = await talkers(house, 3);
	try {
		const agent = await house.agent(0);
		const desk = await house.desk(agent);
		const caller = await house.customer('caller');
		for (const x of list) x.start();
		for (const jump of [-7200, 0, 86400, -86400, 3600, 0]) {
			clock.moveClock(jump);
			const before = list.map((x) => x.acked.size);
			await until(`the talk goes on at ${jump} s`, () => list.every((x, i) => x.acked.size > before[i] + 20));
			assert.equal((await agent.get('/session')).role, 'agent', `${jump}`);
			assert.equal((await list[0].client.get('/session')).role, 'customer', `${jump}`);
			assert.ok(list.every((x) => x.wire.up), 'connections stay');
			const started = await caller.post('/interactions', { channel: 'chat', text: `at ${jump}` });
			const offer = await desk.frame('an offer', (f) => f.interaction?.id === started.interaction && f.interaction.state === 'offered');
			await desk.command('accept_offer', { interaction: started.interaction, offer_no: offer.interaction.offer_no });
			await desk.command('wrap_up', { interaction: started.interaction, summary: 'x', outcome: 'resolved' });
		}
		for (const x of list) x.pause();
		await until('all is answered', () => list.every((x) => x.pending.size === 0));
		for (const year of [2039, 9999]) {
			clock.moveClock(Math.floor(Date.UTC(year, 11, 1) / 1000 - Date.now() / 1000));
			const late = await house.staff('agent1@house.test');
			assert.equal(late.me.role, 'agent');
			const integrated = await house.person(`of-${year}`);
			assert.ok(integrated.id);
			const events = await late.get(`/interactions/${list[0].interaction}/events?limit=1000`);
			assert.ok(events.events.length > 100);
		}
		clock.moveClock(0);
		for (const x of list) {
			x.stop();
			x.client = await house.manager().then((m) => Object.assign(m, {}));
		}
		const acked = await checkTalk(list);
		assert.equal(await house.segue.stop(), 0);
		await house.start();
		assert.equal(await checkTalk(list), acked);
	} finally {
		for (const x of list) x.stop();
		await house.end();
		clock.end();
	}
});

test('told to stop under load it ends with 0, has kept what it acknowledged, and starts again cleanly', { timeout: 60000 }, async (t) => {
	const house = await new House({ args: ['--live-per-s', '2000'] }).start();
	const list = await talkers(house, 8);
	try {
		for (let round = 0; round < 5; round++) {
			const before = list.map((x) => x.acked.size);
			for (const x of list) x.start();
			await until('talk', () => list.every((x, i) => x.acked.size > before[i] + 15));
			const start = performance.now();
			house.segue.child.kill('SIGTERM');
			const [code, signal] = await deadline(house.segue.exited, 15000, 'it ends');
			assert.deepEqual([code, signal], [0, null]);
			t.diagnostic(`stopped in ${Math.round(performance.now() - start)} ms`);
			for (const x of list) x.stop();
			assert.match(house.segue.err, /event=stopped code=0/);
			await house.start();
			await checkTalk(list);
		}
		assert.ok(!/level=(error|warn)/.test(house.logged().replace(/.*event=(no_pages|loop_held).*\n/g, '')), house.logged());
	} finally {
		for (const x of list) x.stop();
		await house.end();
	}
});
