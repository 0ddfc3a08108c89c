import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError } from '../src/api';
import { Live } from '../src/live';
import type { LiveOptions, LiveWorld, SocketLike } from '../src/live';
import type { ServerFrame, Session } from '../src/types';

const session = { role: 'customer', id: 'c1', name: 'Anna' } as Session;

class Socket implements SocketLike {
	onopen: SocketLike['onopen'] = null;
	onmessage: SocketLike['onmessage'] = null;
	onclose: SocketLike['onclose'] = null;
	onerror: SocketLike['onerror'] = null;
	sent: Record<string, unknown>[] = [];
	closed = false;
	send(text: string): void {
		this.sent.push(JSON.parse(text) as Record<string, unknown>);
	}
	close(): void {
		this.closed = true;
	}
	say(frame: ServerFrame): void {
		this.onmessage?.({ data: JSON.stringify(frame) });
	}
	die(code = 1006): void {
		this.onclose?.({ code });
	}
	of(type: string): Record<string, unknown>[] {
		return this.sent.filter((frame) => frame.type === type);
	}
}

/** A world whose clock moves when told: no test waits. */
class World implements LiveWorld {
	sockets: Socket[] = [];
	now = 0;
	up = true;
	answer: 'ok' | 'signed_out' | 'unreachable' = 'ok';
	#timers = new Map<number, { at: number; run: () => void }>();
	#next = 1;
	open(): Socket {
		const socket = new Socket();
		this.sockets.push(socket);
		return socket;
	}
	random(): number {
		return 1;
	}
	setTimer(run: () => void, ms: number): number {
		this.#timers.set(this.#next, { at: this.now + ms, run });
		return this.#next++;
	}
	clearTimer(timer: unknown): void {
		this.#timers.delete(timer as number);
	}
	online(): boolean {
		return this.up;
	}
	probe(): Promise<'ok' | 'signed_out' | 'unreachable'> {
		return Promise.resolve(this.answer);
	}
	get last(): Socket {
		return this.sockets.at(-1) as Socket;
	}
	pass(ms: number): void {
		const until = this.now + ms;
		for (;;) {
			const due = [...this.#timers].filter(([, timer]) => timer.at <= until).sort((a, b) => a[1].at - b[1].at)[0];
			if (!due) break;
			this.#timers.delete(due[0]);
			this.now = due[1].at;
			due[1].run();
		}
		this.now = until;
	}
}

function begin(options: LiveOptions = {}): { world: World; live: Live } {
	const world = new World();
	const live = new Live({ ...options, world });
	live.start();
	return { world, live };
}
function hello(world: World): void {
	world.last.say({ type: 'hello', session, server: 'segue', at: '' });
}

test('nothing is sent before hello, everything after it', () => {
	const { world, live } = begin();
	live.watch('me', () => {});
	void live.command('mark_read', { interaction: 'i1', seq: 3 }, 'c1');
	assert.equal(world.last.sent.length, 0);
	assert.equal(live.status.get(), 'connecting');
	hello(world);
	assert.equal(live.status.get(), 'live');
	assert.deepEqual(world.last.sent.map((frame) => frame.type), ['watch', 'command']);
});

test('a command without an answer is sent again by the same id after a reconnect, and answered once', async () => {
	const { world, live } = begin();
	hello(world);
	const sent = live.command('send_message', { interaction: 'i1', text: 'Hello' }, 'c1');
	world.last.die();
	world.pass(30_000);
	hello(world);
	assert.deepEqual(world.last.of('command').map((frame) => frame.id), ['c1']);
	world.last.say({ type: 'ack', id: 'c1', result: { seq: 4, at: '', repeated: true } });
	assert.equal((await sent).seq, 4);
	world.last.die();
	world.pass(30_000);
	hello(world);
	assert.equal(world.last.of('command').length, 0, 'answered: not sent any more');
});

test('a watch goes on behind the last event seen', () => {
	const { world, live } = begin();
	const seqs: number[] = [];
	live.watch('interaction:i1', (frame) => frame.type === 'event' && seqs.push(frame.event.seq), 0);
	hello(world);
	assert.deepEqual(world.last.of('watch').map((frame) => frame.after), [0]);
	const event = (seq: number): ServerFrame => ({ type: 'event', topic: 'interaction:i1', event: { stream: 'interaction', id: '', seq, kind: 'message_sent', at: '', actor: { role: 'agent', id: null, name: '' }, facts: {}, mine: false } });
	world.last.say(event(1));
	world.last.say(event(4));
	world.last.die();
	world.pass(30_000);
	hello(world);
	assert.deepEqual(world.last.of('watch').map((frame) => frame.after), [4]);
	assert.deepEqual(seqs, [1, 4]);
});

test('the last watcher who leaves ends the watch', () => {
	const { world, live } = begin();
	hello(world);
	const one = live.watch('me', () => {});
	const two = live.watch('me', () => {});
	one();
	assert.equal(world.last.of('unwatch').length, 0);
	two();
	two();
	assert.equal(world.last.of('unwatch').length, 1);
});

test('a refusal is thrown as an ApiError with its field', async () => {
	const { world, live } = begin();
	hello(world);
	const sent = live.command('send_message', { interaction: 'i1', text: '' }, 'c1');
	world.last.say({ type: 'error', id: 'c1', problem: { type: 'about:blank', title: 'No', status: 400, detail: 'Write something.', code: 'input', field: 'text' } });
	await assert.rejects(sent, (error: unknown) => error instanceof ApiError && error.field === 'text' && error.message === 'Write something.');
});

test('asked to slow down, a command is tried again before it is given up', async () => {
	const { world, live } = begin();
	hello(world);
	const sent = live.command('mark_read', { interaction: 'i1', seq: 1 }, 'c1');
	const busy: ServerFrame = { type: 'error', id: 'c1', problem: { type: 'about:blank', title: 'Busy', status: 503, code: 'busy' } };
	world.last.say(busy);
	world.pass(5000);
	assert.equal(world.last.of('command').length, 2);
	world.last.say({ type: 'ack', id: 'c1', result: { ok: true } });
	assert.deepEqual(await sent, { ok: true });
	const given = live.command('mark_read', { interaction: 'i1', seq: 2 }, 'c2');
	for (let i = 0; i < 6; i++) {
		world.last.say({ ...busy, id: 'c2' });
		world.pass(19_000);
		world.last.say({ type: 'pong' });
	}
	await assert.rejects(given, (error: unknown) => error instanceof ApiError && error.status === 503);
});

test('the waits between tries grow and stay below the bound', () => {
	const { world } = begin();
	const gaps: number[] = [];
	for (let i = 0; i < 10; i++) {
		const from = world.now;
		const count = world.sockets.length;
		world.last.die();
		while (world.sockets.length === count) world.pass(50);
		gaps.push(world.now - from);
	}
	assert.ok((gaps[0] as number) < (gaps[2] as number));
	assert.ok(Math.max(...gaps) <= 20_100, `${gaps}`);
});

test('a line that answers no ping is dropped and opened anew', () => {
	const { world, live } = begin();
	hello(world);
	world.pass(20_000);
	assert.equal(world.last.of('ping').length, 1);
	world.last.say({ type: 'pong' });
	world.pass(20_000);
	assert.equal(world.last.of('ping').length, 2);
	const dead = world.last;
	world.pass(15_000);
	assert.equal(dead.closed, true);
	assert.notEqual(world.last, dead);
	hello(world);
	assert.equal(live.status.get(), 'live');
	dead.die();
	assert.equal(live.status.get(), 'live', 'the late close of the old socket changes nothing');
});

test('two tries that fail are told as offline, and hello as live again', () => {
	const { world, live } = begin();
	hello(world);
	world.last.die();
	assert.equal(live.status.get(), 'connecting');
	world.pass(1000);
	world.last.die();
	world.pass(2000);
	world.last.die();
	assert.equal(live.status.get(), 'offline');
	live.wake();
	hello(world);
	assert.equal(live.status.get(), 'live');
});

test('signed out elsewhere: it stops and says so', () => {
	let reason = '';
	const { world, live } = begin({ onSignedOut: (why) => (reason = why) });
	hello(world);
	world.last.say({ type: 'bye', reason: 'signed_out' });
	assert.equal(reason, 'signed_out');
	world.pass(60_000);
	assert.equal(world.sockets.length, 1);
	assert.equal(live.status.get(), 'offline');
});

test('a handshake that is refused because the session is over is found out by asking', async () => {
	let reason = '';
	const { world } = begin({ onSignedOut: (why) => (reason = why) });
	world.answer = 'signed_out';
	world.last.die();
	await Promise.resolve();
	await Promise.resolve();
	assert.equal(reason, 'signed_out');
});

test('a hint is dropped when there is no connection', () => {
	const { world, live } = begin();
	live.hint('typing', { interaction: 'i1' });
	hello(world);
	assert.equal(world.last.sent.length, 0);
	live.hint('typing', { interaction: 'i1' });
	assert.equal(world.last.of('command').length, 1);
});

test('frames that are no JSON are ignored', () => {
	const { world, live } = begin();
	hello(world);
	world.last.onmessage?.({ data: '{' });
	assert.equal(live.status.get(), 'live');
});
