// Real conversations, turn by turn through the live API: every message arrives once, in order, on both sides and in the log.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { House, deadline, fs, path, pool, sharedData } from './lib/hostile_house.mjs';

const AT_ONCE = 20, CONVERSATIONS = 150;
const offered = new Map(), awaited = new Map();
let house, desks, manager, topics;

/** Customers' turns by conversation; an agent's answer stands between two turns where their numbers leave room for it. */
function multidogo(folder) {
	const talks = new Map();
	for (const domain of ['finance', 'insurance', 'media']) {
		const lines = fs.readFileSync(path.join(folder, domain, 'dev.tsv'), 'utf8').split('\n').slice(1);
		for (const line of lines) {
			const [id, turn, , utterance] = line.split('\t');
			if (!utterance?.trim()) continue;
			if (!talks.has(id)) talks.set(id, []);
			talks.get(id).push([Number(turn), utterance]);
		}
	}
	return [...talks.values()].map((turns) => {
		const said = [];
		turns.sort((a, b) => a[0] - b[0]).forEach(([n, text], i) => {
			said.push(['customer', text]);
			if (i + 1 < turns.length && turns[i + 1][0] > n + 1) said.push(['agent', `About “${text.slice(0, 60)}”: let me see.`]);
		});
		return said;
	});
}

function abcd(folder) {
	return JSON.parse(fs.readFileSync(path.join(folder, 'abcd_sample.json'), 'utf8')).map((c) => c.original.map(([who, text]) => [who === 'agent' ? 'agent' : 'customer', text]));
}

before(async () => {
	house = await new House({ agents: 4, capacity: 10, args: ['--live-per-s', '5000'] }).start();
	manager = await house.manager();
	const agents = await Promise.all([0, 1, 2, 3].map((i) => house.agent(i)));
	desks = await Promise.all(agents.map((a) => house.desk(a)));
	for (const desk of desks) {
		desk.socket.on('message', (data) => {
			const f = JSON.parse(data);
			if (f.type !== 'change' || f.interaction?.state !== 'offered') return;
			const found = { desk, offer: f.interaction };
			offered.set(f.interaction.id, found);
			awaited.get(f.interaction.id)?.(found);
		});
	}
	const all = (await manager.get('/topics')).rows;
	topics = all.filter((t) => t.parent && !t.urgent);
});
after(() => house?.end());

/** Whoever of the desks is offered it, accepts. */
async function taken(interaction) {
	const { desk, offer } = await deadline(
		new Promise((done) => {
			if (offered.has(interaction)) done(offered.get(interaction));
			else awaited.set(interaction, done);
		}),
		30000,
		'an offer'
	);
	await desk.command('accept_offer', { interaction, offer_no: offer.offer_no });
	return desk;
}

async function replay(turns, i) {
	const customer = await house.customer(`r${i}`);
	const line = await customer.live();
	const { interaction } = await line.command('start_interaction', { channel: 'chat', topic: topics[i % topics.length].id });
	const topic = `interaction:${interaction}`;
	line.watch(topic);
	const desk = await taken(interaction);
	desk.watch(topic);
	let last = 0;
	for (const [who, text] of turns) {
		const result = await (who === 'agent' ? desk : line).command('send_message', { interaction, text });
		assert.ok(result.seq > last);
		last = result.seq;
	}
	for (const side of [line, desk]) await side.frame('the last message', (f) => f.type === 'event' && f.topic === topic && f.event.seq === last);
	await desk.command('wrap_up', { interaction, summary: `Talked ${turns.length} turns.`, outcome: 'resolved' });
	await line.frame('the end', (f) => f.type === 'event' && f.topic === topic && f.event.kind === 'wrapped_up');
	const log = (await customer.get(`/interactions/${interaction}/events?limit=1000`)).events;
	for (const [side, events] of [['customer', line.events(topic)], ['agent', desk.events(topic)], ['log', log]]) {
		const got = events.filter((e) => e.kind === 'message_sent').map((e) => [e.actor.role, e.facts.text]);
		assert.deepEqual(got, turns, side);
		for (let k = 1; k < events.length; k++) assert.ok(events[k].seq > events[k - 1].seq, side);
	}
	const seqs = (await manager.get(`/interactions/${interaction}/events?limit=1000`)).events.map((e) => e.seq);
	assert.deepEqual(seqs, seqs.map((_, k) => k + 1), 'the log has no gap');
	desk.send({ type: 'unwatch', topic });
	for (const d of desks) d.frames = d.frames.filter((f) => f.topic !== topic && f.interaction?.id !== interaction);
	await line.close();
	return turns.length;
}

async function replayAll(t, dialogues) {
	const start = performance.now();
	const turns = await pool(dialogues, AT_ONCE, replay);
	const n = turns.reduce((a, b) => a + b, 0);
	t.diagnostic(`${dialogues.length} conversations, ${n} messages in ${((performance.now() - start) / 1000).toFixed(1)} s`);
	return n;
}

test('conversations of banks, insurers and media arrive whole and in order', { timeout: 120000 }, async (t) => {
	const folder = sharedData('dialogues-multidogo');
	if (!folder) return t.skip('the shared dialogues are absent');
	const dialogues = multidogo(folder);
	assert.ok(dialogues.length >= CONVERSATIONS);
	const step = Math.floor(dialogues.length / CONVERSATIONS);
	const some = dialogues.filter((_, i) => i % step === 0).slice(0, CONVERSATIONS);
	assert.ok((await replayAll(t, some)) >= 1000);
});

test('conversations of a retailer arrive whole and in order', { timeout: 60000 }, async (t) => {
	const folder = sharedData('abcd-topics');
	if (!folder) return t.skip('the shared dialogues are absent');
	assert.ok((await replayAll(t, abcd(folder))) >= 30);
});
