// kill -9 under load, again and again. What was acknowledged must be there afterwards, once and in its place.
//   node tests/system/crash.mjs ROUNDS [SEED]
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { House, Wire, dice, fs, have, once, path, percentile, program, segueCommand, spawn, sqlite, until } from './lib/hostile_house.mjs';

const CUSTOMERS = 16, AGENTS = 3, WINDOW = 3;

/** Everything that was promised by an ack, and everything that was seen. */
class Ledger {
	constructor() {
		this.acked = new Map(); // text -> { interaction, seq }
		this.maybe = new Set(); // sent, answer unknown
		this.ids = new Map(); // command id -> first result
		this.queuedAt = new Map(); // interaction -> queued_at
		this.held = new Map(); // interaction -> agent index: accepted, acknowledged
		this.closed = new Set(); // wrapped up, acknowledged
		this.faults = [];
	}

	fault(text) {
		this.faults.push(text);
	}
}

/** What both sides of a live connection have in common: commands that are sent again until they are answered. */
class Actor {
	constructor(ledger, random, client, name) {
		Object.assign(this, { ledger, random, client, name, pending: new Map(), last: new Map(), n: 0 });
		this.wire = new Wire(client, { opened: () => this.opened(), frame: (f) => this.frame(f) });
	}

	command(name, params, then) {
		const id = `${this.name}-${++this.n}`;
		const frame = { type: 'command', id, name, params };
		this.pending.set(id, { frame, then });
		this.wire.send(frame);
	}

	opened() {
		for (const topic of this.last.keys()) this.wire.send({ type: 'watch', topic, after: this.last.get(topic) });
		for (const { frame } of this.pending.values()) this.wire.send(frame);
	}

	frame(f) {
		if (f.type === 'ack' || f.type === 'error') {
			const waiting = this.pending.get(f.id);
			if (!waiting) return;
			if (f.type === 'error' && f.problem.status >= 500) {
				this.wire.socket.terminate(); // outcome unknown: come again, with the same id
				return;
			}
			this.pending.delete(f.id);
			waiting.then?.(f.type === 'ack' ? f.result : null, f.problem);
		} else if (f.type === 'event') {
			this.order(f.topic, f.event);
			this.event(f.topic, f.event);
		} else {
			this.other(f);
		}
	}

	watch(topic) {
		if (this.last.has(topic)) return;
		this.last.set(topic, 0);
		this.wire.send({ type: 'watch', topic, after: 0 });
	}

	unwatch(topic) {
		this.last.delete(topic);
		this.wire.send({ type: 'unwatch', topic });
	}

	order(topic, event) {
		const last = this.last.get(topic);
		if (last === undefined) return;
		if (event.seq <= last) this.ledger.fault(`${this.name}: ${topic} seq ${event.seq} after ${last}`);
		if (this.seesAll && event.seq !== last + 1) this.ledger.fault(`${this.name}: gap in ${topic}: ${event.seq} after ${last}`);
		this.last.set(topic, event.seq);
	}

	say(interaction, text) {
		this.ledger.maybe.add(text);
		this.command('send_message', { interaction, text }, (result, problem) => {
			if (result) this.ledger.acked.set(text, { interaction, seq: result.seq });
			else if (problem.status !== 409) this.ledger.fault(`${this.name}: ${JSON.stringify(problem)}`);
		});
	}

	unanswered(name) {
		let n = 0;
		for (const { frame } of this.pending.values()) n += frame.name === name;
		return n;
	}
}

class Customer extends Actor {
	constructor(ledger, random, client, name, topicId) {
		super(ledger, random, client, name);
		this.topicId = topicId;
		this.waits = [];
	}

	step() {
		if (!this.wire.up || this.stopping) return;
		if (!this.interaction) {
			if (!this.unanswered('start_interaction')) {
				const text = `${this.name} opens ${++this.n}`;
				this.command('start_interaction', { channel: 'chat', topic: this.topicId, text }, (result, problem) => {
					if (!result) return this.ledger.fault(`${this.name} start: ${JSON.stringify(problem)}`);
					this.interaction = result.interaction;
					this.watch(`interaction:${result.interaction}`);
				});
			}
		} else if (this.unanswered('send_message') < WINDOW) {
			this.say(this.interaction, `${this.name} says ${++this.n}`);
		}
	}

	event(topic, event) {
		const id = topic.slice(12);
		if (event.kind === 'queued') {
			const before = this.ledger.queuedAt.get(id);
			if (before && before !== event.facts.queued_at) this.ledger.fault(`${id}: place in line moved from ${before} to ${event.facts.queued_at}`);
			this.ledger.queuedAt.set(id, event.facts.queued_at);
		}
		if (event.kind === 'wrapped_up') {
			this.unwatch(topic);
			this.interaction = null;
		}
	}

	other() {}
}

class Agent extends Actor {
	constructor(ledger, random, client, index) {
		super(ledger, random, client, `agent${index}`);
		Object.assign(this, { index, seesAll: true, work: new Map(), offers: new Map() });
	}

	opened() {
		super.opened();
		this.wire.send({ type: 'watch', topic: 'desk' });
	}

	other(f) {
		if (f.type === 'snapshot') {
			const there = new Set(f.desk.work.filter((w) => w.state === 'active').map((w) => w.id));
			for (const [id, agent] of this.ledger.held) {
				if (agent === this.index && !there.has(id) && !this.ledger.closed.has(id) && !this.wrapping(id)) this.ledger.fault(`${this.name}: ${id} is gone from the desk`);
			}
			for (const row of f.desk.work) this.row(row);
		} else if (f.type === 'change' && f.interaction) {
			this.row(f.interaction);
		}
	}

	wrapping(id) {
		for (const { frame } of this.pending.values()) if (frame.name === 'wrap_up' && frame.params.interaction === id) return true;
		return false;
	}

	row(row) {
		if (row.agent !== this.client.me.id) return;
		if (row.state === 'offered' && this.offers.get(row.id) !== row.offer_no) {
			this.offers.set(row.id, row.offer_no);
			this.command('accept_offer', { interaction: row.id, offer_no: row.offer_no }, (result) => {
				if (!result) return;
				this.ledger.held.set(row.id, this.index);
				this.take(row.id);
			});
		} else if (row.state === 'active') {
			this.take(row.id);
		}
	}

	take(id) {
		if (this.work.has(id) || this.ledger.closed.has(id)) return;
		this.work.set(id, 6 + this.random.int(30));
		this.watch(`interaction:${id}`);
	}

	event() {}

	step() {
		if (!this.wire.up || this.stopping) return;
		for (const [id, left] of this.work) {
			if (this.wrapping(id) || this.unanswered('send_message') > 2 * WINDOW) continue;
			this.work.set(id, left - 1);
			if (left > 0) {
				this.say(id, `${this.name} answers ${++this.n}`);
				continue;
			}
			this.command('wrap_up', { interaction: id, summary: `done by ${this.name}`, outcome: 'resolved' }, (result, problem) => {
				if (!result) return this.ledger.fault(`${this.name} wrap up: ${JSON.stringify(problem)}`);
				this.ledger.closed.add(id);
				this.work.delete(id);
				this.unwatch(`interaction:${id}`);
			});
		}
	}
}

/** Starts and is killed before it says ready: a crash while it recovers from a crash. */
async function killEarly(house, ms) {
	const s = house.segue;
	const child = spawn(program, ['serve', '--data', s.dir, '--listen', `127.0.0.1:${s.port}`, ...s.args], { stdio: 'ignore' });
	const gone = once(child, 'exit');
	await new Promise((done) => setTimeout(done, ms));
	child.kill('SIGKILL');
	await gone;
}

/** While nobody is connected: who waits, in which order, and since when. */
async function checkQueue(house, manager, ledger) {
	const board = await manager.get('/board');
	const places = [];
	for (const row of board.waiting) {
		const known = ledger.queuedAt.get(row.id);
		if (known && row.queued_at !== known) ledger.fault(`${row.id}: queued at ${row.queued_at}, before the crash ${known}`);
		const context = await manager.get(`/interactions/${row.id}`);
		if (context.position) places.push({ queue: row.queue, at: row.queued_at, position: context.position });
	}
	for (const queue of new Set(places.map((p) => p.queue))) {
		const line = places.filter((p) => p.queue === queue).sort((a, b) => a.position - b.position);
		for (let i = 1; i < line.length; i++) {
			if (line[i].position === line[i - 1].position) ledger.fault(`two at place ${line[i].position}`);
			if (Date.parse(line[i].at) < Date.parse(line[i - 1].at)) ledger.fault(`place ${line[i].position} waits longer than place ${line[i - 1].position}`);
		}
	}
	return places.length;
}

/** The log against the ledger: nothing acknowledged is missing, nothing is there twice, no gap. */
async function checkLog(reader, ledger, interactions) {
	const found = new Map();
	for (const id of interactions) {
		let after = 0;
		for (;;) {
			const page = await reader.get(`/interactions/${id}/events?after=${after}&limit=1000`);
			for (const e of page.events) {
				if (e.seq !== after + 1) ledger.fault(`${id}: gap before ${e.seq}`);
				after = e.seq;
				if (e.kind !== 'message_sent') continue;
				if (found.has(e.facts.text)) ledger.fault(`doubled: ${e.facts.text}`);
				found.set(e.facts.text, { interaction: id, seq: e.seq });
			}
			if (after >= page.head) break;
		}
	}
	let lost = 0;
	for (const [text, where] of ledger.acked) {
		const got = found.get(text);
		if (!got) lost++;
		if (!got) ledger.fault(`lost: ${text}`);
		else if (got.seq !== where.seq || got.interaction !== where.interaction) ledger.fault(`moved: ${text}`);
	}
	return { messages: found.size, lost };
}

/** Answers that must not change by making the views anew. */
async function answers(house, interactions) {
	const manager = await house.manager();
	const out = {};
	const ask = async (pathname) => (out[pathname] = await manager.get(pathname));
	for (const id of interactions.slice(-40)) {
		await ask(`/interactions/${id}`);
		await ask(`/persons/${out[`/interactions/${id}`].interaction.person}/timeline`);
		await ask(`/cases/${out[`/interactions/${id}`].interaction.case}`);
	}
	await ask('/cases?limit=100');
	await ask('/topics');
	await ask('/articles?limit=50');
	await ask('/agents');
	await ask('/queues');
	await ask('/canned');
	return out;
}

/** One run; throws at the first round that broke a promise. Returns what was measured. */
export async function crash(rounds, { seed = (Math.random() * 2 ** 31) | 0, say = () => {} } = {}) {
	const random = dice(seed);
	const ledger = new Ledger();
	const house = new House({ agents: 4, capacity: 3, args: ['--live-per-s', '2000', '--agent-gone', '1h', '--requeue-after', '12h'] });
	const ready = [];
	const began = Date.now();
	let actors = [], timer;
	try {
		await house.start();
		const manager = await house.manager();
		const customers = [], agents = [];
		for (let i = 0; i < CUSTOMERS; i++) {
			const client = await house.customer(`c${i}`);
			const topic = await house.topic(client);
			customers.push(new Customer(ledger, random, client, `customer${i}`, topic.id));
		}
		for (let i = 0; i < AGENTS; i++) {
			const client = await house.agent(i);
			await client.post('/me/presence', { presence: 'available' });
			agents.push(new Agent(ledger, random, client, i));
		}
		actors = [...customers, ...agents];
		for (const a of actors) a.wire.connect();
		timer = setInterval(() => actors.forEach((a) => a.step()), 4);
		for (let round = 1; round <= rounds; round++) {
			const goal = ledger.acked.size + 10 + random.int(250);
			await until(`round ${round}: ${goal} acknowledgements; seed ${seed}`, () => ledger.acked.size >= goal || ledger.faults.length);
			await house.segue.kill();
			for (const a of actors) a.wire.drop();
			if (random.int(8) === 0) await killEarly(house, random.int(60));
			const start = performance.now();
			await house.start();
			ready.push(performance.now() - start);
			const waiting = await checkQueue(house, manager, ledger);
			for (const a of actors) a.wire.again();
			say(`round ${round}: ${ledger.acked.size} acknowledged, ${waiting} in line, ready in ${Math.round(ready.at(-1))} ms`);
			assert.deepEqual(ledger.faults, [], `seed ${seed}, round ${round}`);
		}
		for (const a of actors) a.stopping = true;
		await until('all is answered', () => actors.every((a) => a.pending.size === 0) || ledger.faults.length);
		for (let i = 0; i < AGENTS; i++) await agents[i].client.post('/me/presence', { presence: 'away' });
		clearInterval(timer);
		for (const a of actors) a.wire.drop();
		const rows = [];
		for (const c of customers) {
			for (let next = ''; next !== null; ) {
				const page = await c.client.get(`/me/stuff?limit=100${next && `&cursor=${encodeURIComponent(next)}`}`);
				for (const row of page.rows) if (row.kind === 'case') rows.push(...(await c.client.get(`/cases/${row.ref}`)).interactions);
				next = page.next ?? null;
			}
		}
		const interactions = [...new Set(rows.map((r) => r.id))];
		const log = await checkLog(manager, ledger, interactions);
		assert.deepEqual(ledger.faults, [], `seed ${seed}, at the end`);
		assert.ok(log.messages <= ledger.maybe.size + interactions.length);
		assert.equal(await house.segue.stop(), 0);
		let integrity = 'no sqlite3 here';
		if (have('sqlite3')) {
			integrity = sqlite(house.dir, 'PRAGMA integrity_check');
			assert.equal(integrity, 'ok');
		}
		await house.start();
		const before = await answers(house, interactions);
		assert.equal(await house.segue.stop(), 0);
		const rebuild = segueCommand(['rebuild', '--data', house.dir]);
		assert.equal(rebuild.status, 0, rebuild.stderr);
		await house.start();
		assert.deepEqual(await answers(house, interactions), before, 'the rebuilt views answer the same');
		const folder = fs.readdirSync(path.join(house.dir, 'files'));
		assert.deepEqual(folder, ['tmp'], 'nothing is left of uploads');
		assert.deepEqual(fs.readdirSync(path.join(house.dir, 'files', 'tmp')), [], 'nor of those under way');
		return {
			rounds, seed, acked: ledger.acked.size, lost: log.lost, interactions: interactions.length, integrity,
			readyP50: Math.round(percentile(ready, 50)), readyMax: Math.round(Math.max(...ready)), seconds: Math.round((Date.now() - began) / 1000)
		};
	} finally {
		clearInterval(timer);
		for (const a of actors) a.wire.drop();
		await house.end();
	}
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	const rounds = Number(process.argv[2] ?? 50);
	const seed = process.argv[3] ? Number(process.argv[3]) : undefined;
	if (!Number.isInteger(rounds) || rounds < 1) {
		console.error('usage: node tests/system/crash.mjs ROUNDS [SEED]');
		process.exit(64);
	}
	const result = await crash(rounds, { seed, say: console.log });
	console.log(result);
	console.log(`0 lost in ${rounds} kills: with 95 % confidence less than ${(300 / rounds).toFixed(1)} % of crashes lose something`);
}
