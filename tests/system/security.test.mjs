// The security rules of the design from outside: promise P12 and rules S1-S5, S9-S16, S18-S21, S27, S29.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import WebSocket from 'ws';
import { Guest, House, deadline, faults, fs, hostToken, os, password, path, percentile, pool, rawBytes, request, segueCommand, sharedData, until } from './lib/hostile_house.mjs';
import { root } from './lib/segue.mjs';
import { queries, scripts, templates, traversals } from './lib/hostile_strings.mjs';

const operations = JSON.parse(fs.readFileSync(path.join(root, 'schema/api/operations.json'), 'utf8')).operations;
const canary = `canary${crypto.randomBytes(6).toString('hex')}`;

let house, a, b, agent, manager, admin, bs;

/** B has one of everything, and the canary is in all of it. */
async function furnish() {
	const person = await house.person('b', { name: `Bo ${canary}`, email: `b-${canary}@people.test`, phone: '+33123456789', zip: '75001' });
	await house.person('a');
	const item = await house.item('purchase', 'b-thing', 'b', { title: `Thing ${canary}`, attrs: { note: canary } });
	const own = await house.item('purchase', 'a-thing', 'a');
	a = await house.customer('a');
	b = await house.customer('b');
	agent = await house.agent(0);
	manager = await house.manager();
	admin = await house.admin();
	const desk = await house.desk(agent);
	const line = await b.live();
	const talk = await house.conversation(line, desk, { item: item.id, text: `Opening ${canary}`, page: `/p/${canary}` });
	const file = await b.call('POST', `/files?name=${canary}.txt`, { bytes: Buffer.from(canary), headers: { 'Content-Type': 'application/octet-stream' } });
	await line.command('send_message', { interaction: talk.interaction, file: file.id, text: `See ${canary}` });
	await desk.command('add_note', { interaction: talk.interaction, text: `Note ${canary}` });
	const article = (await agent.get('/articles?limit=50')).rows.find((x) => x.audience === 'agent');
	bs = {
		person: person.id, item: item.id, interaction: talk.interaction, case: talk.case, file: file.id, article: article?.id, external_id: 'b',
		kind: 'purchase', own, case_number: talk.case_number, desk, line
	};
	await desk.command('set_presence', { presence: 'away' });
}

const bodies = () => ({
	sign_in: { email: 'nobody@nowhere.test', password: 'wrong wrong' },
	ask_link: { email: 'nobody@nowhere.test' },
	redeem_link: { token: '0'.repeat(64) },
	host_sign_in: { token: 'a.b.c-and-more' },
	start_interaction: { channel: 'chat', item: bs.item, case: bs.case, text: 'mine now' },
	send_message: { text: 'intruder' },
	mark_read: { seq: 1 },
	accept_offer: { offer_no: 1 },
	reject_offer: { offer_no: 1 },
	add_note: { text: 'intruder' },
	transfer: { text: 'intruder' },
	wrap_up: { summary: 'intruder', outcome: 'resolved' },
	give_feedback: { outcome_score: 1, feeling_score: 1, follow_up: false },
	set_presence: { presence: 'available' },
	put_person: { name: 'intruder', ring: 'customer' },
	put_item: { person: 'b', title: 'intruder', state: 'stolen', occurred_at: '2026-01-01T00:00:00Z' }
});

const queriesOf = (op) => ({ find_persons: '?q=Bo', list_cases: `?person=${bs.person}`, list_offers: `?item=${bs.item}`, upload_file: '?name=x.txt', list_stuff: `?q=${canary}` })[op.name] ?? '';
const pathOf = (op) => op.path.replace(/\{(\w+)\}/g, (_, name) => bs[name]) + queriesOf(op);

async function callAs(who, op, headers = {}) {
	const body = op.method === 'GET' ? undefined : op.upload ? undefined : JSON.stringify(op.body ? bodies()[op.name] : {});
	const res = await who.raw(op.method, '/api/v1' + pathOf(op), {
		body, bytes: op.upload ? Buffer.from('bytes') : undefined, headers: { ...(op.upload && { 'Content-Type': 'application/octet-stream' }), ...headers }
	});
	return { status: res.status, text: Buffer.from(await res.arrayBuffer()).toString('utf8') };
}

const headOf = async () => (await manager.get(`/interactions/${bs.interaction}/events?limit=1`)).head;

before(async () => {
	house = await new House({ args: ['--live-per-s', '2000'] }).start();
	await furnish();
});
after(() => house?.end());

describe('whose data it is (P12, S2, S3)', () => {
	test('no operation gives or changes what is not the caller’s: every operation × every role, with somebody else’s ids', async () => {
		const head = await headOf();
		const integrator = new Guest(house.segue);
		const cells = [
			['nobody', new Guest(house.segue), {}], ['customer', a, {}], ['agent', agent, {}], ['manager', manager, {}], ['admin', admin, {}],
			['integrator', integrator, { Authorization: `Bearer ${house.token}` }]
		];
		let refused = 0, allowed = 0;
		for (const op of operations) {
			const foreign = op.name !== 'typing' && (/\{(item|interaction|case|file)\}/.test(op.path) || op.name === 'start_interaction');
			for (const [role, who, headers] of cells) {
				const may = op.roles.includes('any') || op.roles.includes(role);
				const own = role === 'customer' && foreign;
				if (op.name === 'sign_out' || op.name === 'typing' || (may && !own && op.method !== 'GET')) continue; // would change things, rightly
				const got = await callAs(who, op, headers);
				const cell = `${op.name} as ${role}: ${got.status} ${got.text.slice(0, 200)}`;
				assert.ok(got.status < 500, cell);
				if (may && !own) {
					const good = got.status === 200 || (op.name === 'get_article' && got.status === 404);
					assert.ok(good, cell);
					allowed++;
				} else {
					assert.ok([401, 403, 404, 409, 422].includes(got.status), cell);
					assert.ok(role !== 'nobody' || got.status === 401 || op.roles.includes('any'), cell);
					refused++;
				}
				if (role === 'customer' || role === 'nobody' || (!may && op.method === 'GET')) assert.ok(!got.text.includes(canary), cell);
			}
		}
		assert.ok(refused >= 115, `${refused} refused`);
		assert.ok(allowed >= 60, `${allowed} allowed`);
		assert.equal(await headOf(), head, 'nothing changed');
	});

	test('its owner and the staff do see it, so the refusals above mean something', async () => {
		for (const pathname of [`/items/${bs.item}`, `/interactions/${bs.interaction}`, `/interactions/${bs.interaction}/events`, `/cases/${bs.case}`]) {
			for (const who of [b, agent, manager, admin]) assert.ok(JSON.stringify(await who.get(pathname)).includes(canary), pathname);
		}
		for (const who of [b, agent, manager, admin]) {
			const res = await who.raw('GET', `/api/v1/files/${bs.file}`);
			assert.equal(await res.text(), canary);
		}
		assert.ok(!JSON.stringify(await b.get(`/interactions/${bs.interaction}/events`)).includes('Note '), 'a note is not the customer’s');
	});

	test('another’s file cannot be had by sending it in one’s own conversation', async () => {
		const mine = await a.post('/interactions', { channel: 'chat', text: 'hello' });
		const sent = await a.raw('POST', `/api/v1/interactions/${mine.interaction}/messages`, { body: { file: bs.file } });
		assert.ok(sent.status >= 400 && sent.status < 500, `${sent.status}`);
		assert.equal((await a.raw('GET', `/api/v1/files/${bs.file}`)).status, 404);
		await a.post(`/interactions/${mine.interaction}/end`);
	});

	test('a case, an item or an article of somebody else’s cannot be brought along', async () => {
		for (const body of [{ channel: 'chat', item: bs.item }, { channel: 'chat', case: bs.case }, { channel: 'chat', articles: [{ article: bs.article ?? bs.item }] }]) {
			const res = await a.raw('POST', '/api/v1/interactions', { body });
			const text = await res.text();
			assert.ok(!text.includes(canary));
			if (!body.articles) assert.ok([403, 404, 422].includes(res.status), `${res.status} ${text}`);
			else if (res.status === 201) await a.post(`/interactions/${JSON.parse(text).interaction}/end`);
		}
		assert.equal((await a.get('/me/open')).interactions.length, 0);
	});

	test('nothing leaks over the live connection: foreign ids, patterns and commands while 200 messages are sent', async () => {
		const spy = await a.live();
		const id = bs.interaction;
		const near = (d) => id.slice(0, -2) + ((parseInt(id.slice(-2), 16) + d) & 255).toString(16).padStart(2, '0');
		const topics = [
			`interaction:${id}`, `interaction:${id.toUpperCase()}`, `interaction:${near(1)}`, `interaction:${near(-1)}`, 'interaction:%', 'interaction:*', 'interaction:', '%', '*', '_', '../',
			'interaction:../' + id, `interaction:${id} `, `interaction:${id}\u0000`, 'desk', 'board', 'Me', 'me ', '', id, `case:${bs.case}`, `person:${bs.person}`, 'interaction:' + '0'.repeat(36)
		];
		for (const topic of topics) spy.watch(topic);
		for (const topic of [null, 0, true, [], {}, [`interaction:${id}`]]) spy.send({ type: 'watch', topic, after: 0 });
		spy.watch('me');
		for (const op of operations.filter((o) => o.live && !['set_presence', 'typing'].includes(o.name))) {
			await assert.rejects(spy.command(op.name, { interaction: id, case: bs.case, ...bodies()[op.name], ...(op.path.includes('{interaction}') ? {} : { interaction: undefined }), ...(op.path.includes('{case}') || op.name === 'start_interaction' ? {} : { case: undefined }) }), undefined, op.name);
		}
		await spy.command('typing', { interaction: id });
		for (let i = 0; i < 200; i++) bs.line.send({ type: 'command', id: `leak-${i}`, name: i % 2 ? 'send_message' : 'typing', params: i % 2 ? { interaction: id, text: `${canary} ${i}` } : { interaction: id } });
		await bs.line.frame('the last', (f) => f.id === 'leak-199' && f.type === 'ack');
		spy.send({ type: 'ping' });
		await spy.frame('pong', (f) => f.type === 'pong');
		assert.ok(!JSON.stringify(spy.frames).includes(canary));
		assert.deepEqual(spy.events(), []);
		assert.ok(!bs.line.frames.some((f) => f.type === 'typing'), 'who does not see it cannot be seen typing there');
		assert.deepEqual(spy.frames.filter((f) => f.type === 'snapshot').map((f) => f.topic), ['me']);
		await spy.close();
	});
});

describe('ways in (S9, S10, S11, S12, S27)', () => {
	const shapes = (good) => ['', null, 0, 1, true, false, [], {}, [good], { token: good }, good.slice(0, 32), good.slice(0, 63), good + '0', good + ' ', ' ' + good, good.toUpperCase() === good ? good + 'x' : good.toUpperCase(), '0'.repeat(64), "' OR '1'='1", '\u0000', '%', good.split('').reverse().join('')];

	async function askLink(segue, email, headers) {
		const guest = new Guest(segue);
		const from = segue.out.length;
		await guest.post('/session/link', { email }, headers);
		const mail = await until('the mail', () => /(\S+)\/sign-in#token=([0-9a-f]{64})/.exec(segue.out.slice(from)));
		return { guest, url: mail[1], token: mail[2] };
	}

	test('a sign-in link opens for its exact token, once, in the browser that asked for it', async () => {
		const { guest, token } = await askLink(house.segue, `b-${canary}@people.test`);
		for (const shape of shapes(token)) {
			const other = new Guest(house.segue);
			other.cookies = { ...guest.cookies };
			const res = await other.raw('POST', '/api/v1/session/redeem', { body: { token: shape } });
			assert.ok(res.status >= 400 && res.status < 500, `${JSON.stringify(shape)}: ${res.status}`);
			assert.ok(!other.cookies.segue_customer);
		}
		const stranger = new Guest(house.segue);
		assert.equal((await stranger.raw('POST', '/api/v1/session/redeem', { body: { token } })).status, 401);
		const asker = (await askLink(house.segue, `b-${canary}@people.test`)).guest;
		assert.equal((await asker.raw('POST', '/api/v1/session/redeem', { body: { token } })).status, 401, 'the browser of another link');
		const twice = await Promise.all([1, 2].map(() => guest.raw('POST', '/api/v1/session/redeem', { body: { token } })));
		assert.deepEqual(twice.map((r) => r.status).sort(), [200, 401], 'at the same time, one of them');
		assert.equal((await guest.raw('POST', '/api/v1/session/redeem', { body: { token } })).status, 401);
	});

	test('session cookies and bearer tokens of any other shape are nobody’s', async () => {
		const good = b.cookies.segue_customer;
		for (const shape of shapes(good).filter((s) => typeof s === 'string' && !/[\u0000]/.test(s) && s.trim() === s)) {
			const res = await request(house.segue.url, { path: '/api/v1/session', headers: { Cookie: `segue_customer=${shape}` } });
			assert.equal(JSON.parse(res.body).role || '', '', shape);
			const bearer = await request(house.segue.url, { method: 'PUT', path: '/api/v1/persons/x', headers: { Authorization: `Bearer ${shape}`, 'Segue-Csrf': '1', 'Content-Type': 'application/json' }, body: '{"name":"x","ring":"customer"}' });
			assert.equal(bearer.status, 401, shape);
		}
		for (const cookie of [`segue_staff=${good}`, `segue_customer=${house.token}`]) {
			const res = await request(house.segue.url, { path: '/api/v1/me/desk', headers: { Cookie: cookie, 'Segue-As': 'staff' } });
			assert.ok([401, 404].includes(res.status), `${cookie}: ${res.status}`);
		}
	});

	test('tokens of the host site: wrong key, algorithm none, expired, too long, used twice, unknown person', async () => {
		const now = Math.floor(Date.now() / 1000);
		const good = hostToken(house.secret, 'a');
		const [head, body, mac] = good.split('.');
		const bad = [
			hostToken('another secret of at least 32 bytes', 'a'), hostToken(house.secret, 'a', { exp: now - 1 }), hostToken(house.secret, 'a', { exp: now + 3600 }),
			hostToken(house.secret, 'nobody-at-all'), hostToken(house.secret, ''), hostToken(house.secret, 'a', { head: { alg: 'none' } }), hostToken(house.secret, 'a', { head: { alg: 'hs256' } }),
			hostToken(house.secret, 'a', { head: { alg: 'HS256', crit: ['x'] } }), hostToken(house.secret, 'a', { jti: 7 }), hostToken(house.secret, 'a', { exp: '9' }), hostToken(house.secret, 'a', { exp: 1e300 }),
			hostToken(house.secret, ['a']), `${Buffer.from('{"alg":"none"}').toString('base64url')}.${body}.`, `${head}.${body}.`, `${head}.${body}`, `${head}.${body}.${mac}x`, `${head}.${body}.${mac.slice(0, -2)}`, `${head}..${mac}`, '..........', good.replace('.', '..')
		];
		for (const token of bad) {
			const guest = new Guest(house.segue);
			const res = await guest.raw('POST', '/api/v1/session/host', { body: { token } });
			assert.ok([401, 422].includes(res.status), `${res.status} ${token}`);
			assert.ok(!guest.cookies.segue_customer);
		}
		assert.equal((await new Guest(house.segue).raw('POST', '/api/v1/session/host', { body: { token: good } })).status, 200);
		assert.equal((await new Guest(house.segue).raw('POST', '/api/v1/session/host', { body: { token: good } })).status, 401, 'jti once');
	});

	test('a name that is not ours is misdirected, and links are built from the configured address only', async () => {
		const port = house.segue.port;
		for (const host of ['evil.test', `evil.test:${port}`, `127.0.0.1.evil.test:${port}`, '127.0.0.1', `127.0.0.1:${port + 1}`, `127.0.0.1:${port}@evil.test`, `localhost.:${port}`]) {
			for (const target of ['/', '/api/v1/session', '/desk/', '/healthz']) {
				const res = await request(house.segue.url, { path: target, headers: { Host: host } });
				assert.ok([400, 421].includes(res.status), `${host} ${target}: ${res.status}`);
			}
		}
		const two = await rawBytes(port, `GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nHost: evil.test\r\n\r\n`);
		assert.match(two, /^HTTP\/1\.1 400/);
		const other = await new House({ publicUrl: 'https://help.example.test' }).start();
		try {
			await other.person('p');
			for (const headers of [{ 'X-Forwarded-Host': 'evil.test' }, { Forwarded: 'host=evil.test' }, { 'X-Host': 'evil.test', 'X-Original-URL': 'https://evil.test/' }]) {
				const { url } = await askLink(other.segue, 'p@people.test', headers);
				assert.equal(url, 'https://help.example.test');
			}
			assert.ok(!other.segue.out.includes('evil.test'));
			const res = await request(other.segue.url, { path: '/api/v1/session', headers: { Host: 'help.example.test' } });
			assert.equal(res.status, 200);
			const cookie = await new Guest(other.segue).raw('POST', '/api/v1/session', { body: { email: 'agent0@house.test', password } });
			assert.match(cookie.headers.get('set-cookie'), /; HttpOnly; SameSite=Lax; Max-Age=\d+; Secure/);
		} finally {
			await other.end();
		}
	});

	test('known and unknown accounts get the same words, the same status and the same time', async () => {
		const known = ['agent0@house.test', 'agent1@house.test', 'agent2@house.test', 'agent3@house.test', 'admin@house.test', ...house.logins.agents];
		const people = await pool([...Array(30).keys()], 4, async (i) => ((await house.person(`e${i}`)), `e${i}@people.test`));
		const cases = [
			['/api/v1/session', (i) => ({ email: known[i % known.length], password: 'not this one' }), (i) => ({ email: `ghost${i}@house.test`, password: 'not this one' }), 401],
			['/api/v1/session/link', (i) => ({ email: people[i] }), (i) => ({ email: `ghost${i}@people.test` }), 202]
		];
		for (const [target, there, ghost, status] of cases) {
			const times = [[], []];
			const answers = new Set();
			for (let i = 0; i < 30; i++) {
				for (const k of i % 2 ? [0, 1] : [1, 0]) {
					const guest = new Guest(house.segue);
					const start = performance.now();
					const res = await guest.raw('POST', target, { body: (k ? ghost : there)(i) });
					const text = await res.text();
					times[k].push(performance.now() - start);
					const headers = [...res.headers].filter(([n]) => n !== 'date').map(([n, v]) => [n, v.replace(/[0-9a-f]{64}/, 'TOKEN')]);
					answers.add(JSON.stringify([res.status, text, headers]));
					assert.equal(res.status, status);
				}
			}
			assert.equal(answers.size, 1, [...answers].join('\n'));
			const [x, y] = times.map((t) => percentile(t, 50));
			assert.ok(Math.abs(x - y) <= Math.max(0.3 * Math.max(x, y), 5), `${target}: ${x.toFixed(1)} ms known, ${y.toFixed(1)} ms unknown`);
		}
	});

	test('a thousand logins are met with 429, whatever X-Forwarded-For says, and a restart does not help', { timeout: 60000 }, async () => {
		const strict = new House();
		strict.segue.args = strict.segue.args.filter((x, i, all) => x !== '--trusted-proxies' && all[i - 1] !== '--trusted-proxies');
		await strict.start();
		const login = async (i, headers) => {
			const res = await new Guest(strict.segue).raw('POST', '/api/v1/session', { body: { email: `x${i % 50}@house.test`, password: 'guess guess' }, headers });
			if (res.status === 429) assert.ok(Number(res.headers.get('retry-after')) > 0);
			await res.arrayBuffer();
			return res.status;
		};
		const limited = (statuses) => statuses.filter((s) => s === 429).length;
		try {
			const numbers = [...Array(1000).keys()];
			const same = limited(await pool(numbers, 20, (i) => login(i, { 'X-Forwarded-For': '10.0.0.1' })));
			assert.ok(same >= 970, `${same} of 1000`);
			const spread = limited(await pool(numbers, 20, (i) => login(i, { 'X-Forwarded-For': `10.1.${i >> 8}.${i & 255}`, 'CF-Connecting-IP': `10.2.${i >> 8}.${i & 255}`, 'X-Real-IP': `10.3.${i >> 8}.1` })));
			assert.ok(spread >= 985, `${spread} of 1000`);
			await strict.segue.stop();
			await strict.start();
			const again = limited(await pool(numbers.slice(0, 50), 10, (i) => login(i)));
			assert.ok(again >= 45, `${again} of 50 after the restart`);
		} finally {
			await strict.end();
		}
	});

	test('one account is limited over all addresses', async () => {
		const statuses = await pool([...Array(60).keys()], 10, async () => {
			const res = await new Guest(house.segue).raw('POST', '/api/v1/session', { body: { email: 'agent3@house.test', password: 'guess guess' } });
			await res.arrayBuffer();
			return res.status;
		});
		assert.ok(statuses.filter((s) => s === 429).length >= 45, statuses.join());
	});

	test('a session is new at sign-in, ends everywhere at sign-out, and is never revived', async () => {
		const fixed = 'f'.repeat(64);
		const victim = new Guest(house.segue, { staff: true });
		victim.cookies.segue_staff = fixed;
		await victim.signInAgent('agent1@house.test', password);
		assert.notEqual(victim.cookies.segue_staff, fixed);
		const attacker = new Guest(house.segue, { staff: true });
		attacker.cookies.segue_staff = fixed;
		assert.equal((await attacker.raw('GET', '/api/v1/me/desk')).status, 401);
		const line = await victim.live();
		line.watch('desk');
		await line.frame('desk', (f) => f.type === 'snapshot');
		const token = victim.cookies.segue_staff;
		const start = performance.now();
		await victim.call('DELETE', '/session');
		assert.equal(await deadline(line.closed, 1000, 'the connection ends'), 1008);
		assert.ok(performance.now() - start < 1000);
		assert.ok(line.frames.some((f) => f.type === 'bye' && f.reason === 'signed_out'));
		attacker.cookies.segue_staff = token;
		assert.equal((await attacker.raw('GET', '/api/v1/me/desk')).status, 401);
		for (let i = 0; i < 3; i++) await assert.rejects(attacker.live(), (e) => e.status === 401);
	});
});

describe('from foreign pages (S13, S14)', () => {
	test('no state-changing operation is done for a foreign page', async () => {
		const own = house.segue.url;
		const sizes = async () => [await headOf(), (await manager.get('/cases?limit=100')).rows.length, (await manager.get('/agents')).rows.map((x) => x.presence).join(), (await a.get('/me/open')).interactions.length].join('|');
		const before_ = await sizes();
		const shape = (o) => o.path.replace(/\{\w+\}/g, '{}');
		let tried = 0;
		for (const op of operations.filter((o) => o.method !== 'GET')) {
			const who = op.roles.includes('customer') ? b : op.roles.includes('agent') ? agent : op.roles.includes('integrator') ? null : agent;
			const auth = who ? { Cookie: who.cookie(), ...(who.staff && { 'Segue-As': 'staff' }) } : { Authorization: `Bearer ${house.token}` };
			const type = op.upload ? 'application/octet-stream' : 'application/json';
			const body = op.upload ? 'bytes' : JSON.stringify(bodies()[op.name] ?? {});
			const good = { ...auth, 'Segue-Csrf': '1', 'Content-Type': type, 'Content-Length': String(Buffer.byteLength(body)), Origin: own };
			const without = (name) => Object.fromEntries(Object.entries(good).filter(([k]) => k !== name));
			const variants = [
				['foreign origin', { ...good, Origin: 'https://evil.test' }], ['null origin', { ...good, Origin: 'null' }], ['empty origin', { ...good, Origin: '' }],
				['suffix origin', { ...good, Origin: own + '.evil.test' }], ['https origin', { ...good, Origin: own.replace('http:', 'https:') }], ['no csrf header', without('Segue-Csrf')]
			];
			if (!op.upload) variants.push(['text/plain', { ...good, 'Content-Type': 'text/plain' }], ['a form', { ...good, 'Content-Type': 'application/x-www-form-urlencoded' }], ['multipart', { ...good, 'Content-Type': 'multipart/form-data; boundary=x' }], ['no type', without('Content-Type')]);
			for (const [name, headers] of variants) {
				const res = await request(own, { method: op.method, path: '/api/v1' + pathOf(op), headers, body });
				assert.ok([403, 415].includes(res.status), `${op.name}, ${name}: ${res.status} ${res.body}`);
				tried++;
			}
			const got = await request(own, { path: '/api/v1' + pathOf(op), headers: auth });
			assert.ok(got.status === 405 || operations.some((o) => o.method === 'GET' && shape(o) === shape(op)), `GET ${op.path}: ${got.status}`);
		}
		assert.ok(tried > 150);
		assert.equal(await sizes(), before_);
		assert.equal((await b.get('/session')).role, 'customer');
	});

	test('a live connection opens from our own origin only', async () => {
		const own = house.segue.url;
		const port = house.segue.port;
		const open = (origin) =>
			new Promise((done) => {
				const ws = new WebSocket(own.replace('http', 'ws') + '/api/v1/live', { headers: { Cookie: b.cookie(), ...(origin !== undefined && { Origin: origin }) } });
				ws.on('open', () => (ws.close(), done(101)));
				ws.on('unexpected-response', (_q, res) => (res.resume(), ws.terminate(), done(res.statusCode)));
				ws.on('error', () => {});
			});
		for (const origin of [undefined, 'null', '', 'https://evil.test', `http://evil.127.0.0.1:${port}`, `${own}.evil.test`, `http://evil.test/${own}`, own.replace('http:', 'https:'), `http://127.0.0.1:${port + 1}`, 'http://127.0.0.1', own + '/', own.toUpperCase(), `http://127.0.0.1:${port}@evil.test`]) {
			assert.equal(await open(origin), 403, String(origin));
		}
		assert.equal(await open(own), 101);
		assert.equal(await open(`http://localhost:${port}`), 101);
	});
});

describe('how much one account may do (S12)', () => {
	test('changes over HTTP come at a rate: beyond it 429, others go on, and it passes', { timeout: 30000 }, async () => {
		const c = await house.customer('hasty');
		const statuses = await pool([...Array(200).keys()], 20, async () => {
			const res = await c.raw('POST', '/api/v1/interactions/' + bs.interaction + '/read', { body: { seq: 1 } });
			const json = await res.json();
			if (res.status === 429) assert.deepEqual([json.code, res.headers.get('retry-after')], ['too_fast', '1']);
			return res.status;
		});
		const refused = statuses.filter((s) => s === 429).length;
		assert.ok(refused > 25 && refused <= 100, `${refused} of 200 refused`);
		assert.equal((await c.get('/session')).role, 'customer', 'reading goes on');
		assert.equal((await a.raw('POST', '/api/v1/interactions/' + bs.interaction + '/read', { body: { seq: 1 } })).status, 404, 'others go on');
		await until('the rate passes', async () => (await c.raw('POST', '/api/v1/interactions/' + bs.interaction + '/read', { body: { seq: 1 } })).status === 404);
	});

	test('one person has at most ten conversations open, and a repeat of the tenth is a repeat', { timeout: 30000 }, async () => {
		const c = await house.customer('many');
		const start = (key) => c.raw('POST', '/api/v1/interactions', { body: { channel: 'chat', text: 'hello' }, headers: { 'Idempotency-Key': key } });
		const got = await pool([...Array(30).keys()], 30, async (i) => {
			const res = await start(`k${i}`);
			return { key: `k${i}`, status: res.status, json: await res.json() };
		});
		const taken = got.filter((g) => g.status === 201);
		assert.ok(taken.length <= 10, `${taken.length} started`);
		for (const g of got.filter((x) => x.status !== 201)) assert.deepEqual([g.status, g.json.code], [409, 'too_many_open']);
		for (let i = taken.length; i < 10; i++) {
			const res = await start(`more${i}`);
			assert.equal(res.status, 201);
			taken.push({ key: `more${i}`, json: await res.json() });
		}
		const line = await c.live();
		await assert.rejects(line.command('start_interaction', { channel: 'chat' }), (e) => e.problem.code === 'too_many_open' && /conversations open/.test(e.problem.detail));
		const last = taken.at(-1);
		const again = await start(last.key);
		assert.deepEqual([again.status, (await again.json()).interaction], [201, last.json.interaction]);
		await c.post(`/interactions/${last.json.interaction}/end`);
		assert.equal((await start('one-more')).status, 201);
		for (const row of (await c.get('/me/open')).interactions) await c.post(`/interactions/${row.id}/end`);
		await line.close();
	});

	test('the person does not see what we keep for ourselves about them', async () => {
		const own = (await b.get(`/interactions/${bs.interaction}`)).person;
		assert.deepEqual([own.ring, own.value, own.external_id], [null, null, null]);
		const ours = (await agent.get(`/interactions/${bs.interaction}`)).person;
		assert.deepEqual([ours.ring, ours.value, ours.external_id], ['customer', 0, 'b']);
		assert.equal(own.name, ours.name);
	});

	test('probes that come together share one write', async () => {
		const before_ = (await house.metric('segue_ready_probes_total')) || 0;
		const answers = await pool([...Array(100).keys()], 50, async () => (await request(house.segue.url, { path: '/readyz' })).status);
		assert.ok(answers.every((s) => s === 200));
		const probes = (await house.metric('segue_ready_probes_total')) - before_;
		assert.ok(probes >= 1 && probes <= 5, `${probes} writes for 100 questions`);
	});
});

describe('integrators', () => {
	const bearer = () => ({ Authorization: `Bearer ${house.token}` });

	test('a live connection opens with a bearer token, at the first try', async () => {
		const line = await new Guest(house.segue).live({ headers: { ...bearer(), Cookie: 'x=y' } });
		const hello = await line.frame('hello', (f) => f.type === 'hello');
		assert.equal(hello.session.role, 'integrator');
		await line.close();
	});

	test('an address that was taken from a person signs nobody in, and is nobody else’s before that', async () => {
		await house.person('moved', { email: 'First@moved.test' });
		await house.person('other', { email: 'other@moved.test' });
		await assert.rejects(house.person('other', { email: 'FIRST@moved.test' }), (e) => e.status === 422 && e.problem.field === 'email');
		assert.equal((await agent.get('/persons?q=FIRST%40Moved.test')).rows[0].external_id, 'moved');
		await house.person('moved', { email: 'second@moved.test' });
		const ids = async (q) => (await agent.get(`/persons?q=${encodeURIComponent(q)}`)).rows.map((p) => p.external_id);
		assert.deepEqual(await ids('first@moved.test'), []);
		assert.deepEqual(await ids('second@moved.test'), ['moved']);
		await house.person('other', { email: 'first@moved.test' });
		assert.deepEqual(await ids('first@moved.test'), ['other']);
		await house.person('moved', { email: undefined });
		assert.deepEqual(await ids('second@moved.test'), []);
	});

	test('accounts and tokens from the command line: no second account of another case, no unknown queue, a token that ends', { timeout: 60000 }, async () => {
		const other = new House();
		const run = (...args) => segueCommand([...args, '--data', other.dir], { input: password + '\n' });
		try {
			const twice = run('user', 'add', '--email', 'AGENT0@house.TEST', '--name', 'Again');
			assert.notEqual(twice.status, 0);
			assert.match(twice.stderr, /such an account already/);
			assert.equal(run('user', 'password', '--email', 'Agent0@House.test').status, 0);
			const astray = run('user', 'add', '--email', 'new@house.test', '--name', 'New', '--queues', 'No Such Queue');
			assert.notEqual(astray.status, 0);
			assert.match(astray.stderr, /no queue No Such Queue/);
			assert.match(run('token', 'list').stdout, /^\S+Z house$/m);
			assert.notEqual(run('token', 'revoke', 'no-such-token').status, 0);
			assert.equal(run('token', 'revoke', 'house').status, 0);
			assert.match(run('token', 'list').stdout, /^\S+Z house \(revoked\)$/m);
			await other.start();
			await assert.rejects(other.person('x'), (e) => e.status === 401);
		} finally {
			await other.end();
		}
	});

	test('an IPv6 address to listen on stands in brackets', { timeout: 30000 }, async (t) => {
		for (const listen of ['::1:8080', '[::1]', '[::1]:', ':8080', '[::1]:70000']) {
			assert.match(segueCommand(['serve', '--data', house.dir, '--listen', listen]).stderr, /HOST:PORT/, listen);
		}
		if (!Object.values(os.networkInterfaces()).flat().some((i) => i.address === '::1')) return t.skip('no IPv6 here');
		const other = new House({ args: ['--listen', '[::1]:0'] });
		try {
			await other.start();
			assert.match(other.segue.url, /^http:\/\/\[::1\]:\d+$/);
			assert.equal((await fetch(other.segue.url + '/api/v1/session')).status, 200);
		} finally {
			await other.end();
		}
	});

	test('a search of My Stuff that has not looked at all of it says where to go on', { timeout: 60000 }, async () => {
		const c = await house.customer('collector');
		await pool([...Array(1010).keys()], 20, (i) => house.item('purchase', `many-${i}`, 'collector', { title: i === 0 ? 'needle' : `hay ${i}`, occurred_at: new Date(1.6e12 + i * 1000).toISOString() }));
		const first = await c.get('/me/stuff?q=needle');
		assert.deepEqual(first.rows, []);
		assert.ok(first.next);
		const second = await c.get(`/me/stuff?q=needle&cursor=${encodeURIComponent(first.next)}`);
		assert.deepEqual(second.rows.map((r) => r.title), ['needle']);
		assert.equal(second.next, null);
	});
});

describe('what people type (S1, S15, S16, S19, S20, S21)', () => {
	test('every string comes back as it was typed, from messages, notes, feedback, pages and file names', { timeout: 120000 }, async (t) => {
		const naughty = sharedData('strings', 'blns.json');
		if (!naughty) t.diagnostic('the shared strings are absent: our own only');
		const strings = [...scripts, ...queries, ...templates, ...(naughty ? JSON.parse(fs.readFileSync(naughty, 'utf8')) : [])];
		const started = await b.post('/interactions', { channel: 'chat', text: 'strings' });
		let stored = 0, refused = 0;
		const line = await b.live();
		const told = (command) => command.then((json) => ({ status: 201, json }), (e) => ({ status: e.problem.status, json: e.problem }));
		const sent = await pool(strings, 8, async (text) => {
			const results = [
				await told(line.command('send_message', { interaction: started.interaction, text })),
				await told(bs.desk.command('add_note', { interaction: bs.interaction, text }))
			];
			for (const r of results) assert.ok(r.status === 201 || (r.status === 422 && r.json.field === 'text'), `${JSON.stringify(text)}: ${r.status} ${JSON.stringify(r.json)}`);
			const plain = text.length > 0 && [...text].length <= 4000 && !/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]|\p{Cs}/u.test(text);
			if (plain && text.trim()) assert.equal(results[0].status, 201, JSON.stringify(text));
			results[0].status === 201 ? stored++ : refused++;
			return results.map((r) => r.json.seq);
		});
		const read = async (who, id) => {
			const out = new Map();
			for (let from = 0; ; ) {
				const page = await who.get(`/interactions/${id}/events?after=${from}&limit=1000`);
				for (const e of page.events) out.set(e.seq, e.facts.text);
				if (!page.events.length || page.events.at(-1).seq >= page.head) return out;
				from = page.events.at(-1).seq;
			}
		};
		const [messages, notes] = [await read(b, started.interaction), await read(agent, bs.interaction)];
		strings.forEach((text, i) => {
			if (sent[i][0]) assert.equal(messages.get(sent[i][0]), text);
			if (sent[i][1]) assert.equal(notes.get(sent[i][1]), text);
		});
		assert.ok(stored > strings.length * 0.9, `${stored} stored, ${refused} refused`);
		for (const text of [...scripts, ...templates].filter((s) => !/[\t\n]/.test(s))) {
			const feedback = await b.post(`/cases/${started.case}/feedback`, { outcome_score: 3, feeling_score: 3, text, follow_up: false });
			assert.ok(feedback.version > 0);
			const kase = await b.get(`/cases/${started.case}`);
			assert.equal(kase.case.feedback_text, text);
		}
		const page = '/help?' + scripts[0] + templates.join('&');
		const paged = await b.post('/interactions', { channel: 'chat', page });
		assert.equal((await agent.get(`/interactions/${paged.interaction}`)).page, page);
		for (const id of [started.interaction, paged.interaction]) await b.post(`/interactions/${id}/end`);
	});

	test('a search finds the words that were typed, never more by their signs', { timeout: 60000 }, async () => {
		const naughty = sharedData('strings', 'blns.json');
		const strings = [...queries, ...scripts, ...(naughty ? JSON.parse(fs.readFileSync(naughty, 'utf8')).filter((s) => s.length && s.length <= 100) : [])];
		await pool(strings, 8, async (q) => {
			const e = encodeURIComponent(q.isWellFormed?.() === false ? 'x' : q);
			for (const [who, target] of [[agent, `/persons?q=${e}`], [b, `/articles?q=${e}`], [b, `/me/stuff?q=${e}`], [b, `/topics?kind=${e}`], [agent, `/cases?cursor=${e}`]]) {
				const start = performance.now();
				const res = await who.raw('GET', '/api/v1' + target);
				const json = await res.json();
				assert.ok(res.status === 200 || res.status === 422 || res.status === 400, `${target}: ${res.status} ${JSON.stringify(json)}`);
				assert.ok(performance.now() - start < 2000, target);
			}
		});
		for (const q of ['%', '_', '%%%', '\\%', "' OR 1=1 --"]) {
			assert.deepEqual((await agent.get(`/persons?q=${encodeURIComponent(q)}`)).rows, [], q);
			assert.deepEqual((await b.get(`/me/stuff?q=${encodeURIComponent(q)}`)).rows, [], q);
		}
	});

	test('line breaks and NUL are refused where a value becomes a header or one line', async () => {
		for (const bad of ['x\r\nBcc: evil@evil.test', 'x\nSubject: y', 'a\u0000b', '\u0085x', '\u007f']) {
			const integrator = { Authorization: `Bearer ${house.token}` };
			for (const body of [{ name: bad, ring: 'customer' }, { name: 'x', ring: 'customer', email: `${bad}@x.test` }]) {
				const res = await new Guest(house.segue).raw('PUT', '/api/v1/persons/crlf', { body, headers: integrator });
				assert.ok([400, 422].includes(res.status), `${JSON.stringify(bad)}: ${res.status}`);
			}
			const link = await new Guest(house.segue).raw('POST', '/api/v1/session/link', { body: { email: `b@x.test${bad}` } });
			assert.ok([400, 422].includes(link.status));
		}
		const out = house.segue.out;
		assert.ok(!/^Bcc:/m.test(out));
	});

	test('deep and wide bodies are answered at once', async () => {
		const wide = JSON.stringify(Object.fromEntries([...Array(10000).keys()].map((i) => [`k${i}`, i])));
		const bombs = [
			'['.repeat(30000), '{"a":'.repeat(12000), '['.repeat(30000) + ']'.repeat(30000), '{"text":' + '['.repeat(500) + ']'.repeat(500) + '}', wide,
			`{"text":"${'\\u0000'.repeat(5000)}"}`, `{"text":"${'\\ud83d\\ude00'.repeat(4001)}"}`, '{"text":1' + '0'.repeat(60000) + '}', '{"text":1e' + '9'.repeat(5000) + '}', `{${'"a":1,'.repeat(9000)}"a":1}`, ' '.repeat(60000) + '{}'
		];
		const attrs = [JSON.stringify({ deep: 0 }).replace('0', '['.repeat(400) + ']'.repeat(400)), wide];
		const line = await b.live();
		for (const bomb of bombs) {
			const start = performance.now();
			const res = await b.raw('POST', `/api/v1/interactions/${bs.interaction}/messages`, { body: bomb });
			const text = await res.text();
			assert.ok(res.status >= 400 && res.status < 500, `${bomb.slice(0, 40)}: ${res.status} ${text.slice(0, 200)}`);
			assert.ok(performance.now() - start < 2000, bomb.slice(0, 40));
			if (bomb.length < 60000) line.socket.send(bomb);
		}
		for (const text of attrs) {
			const start = performance.now();
			const body = `{"person":"b","title":"bomb","state":"paid","occurred_at":"2026-01-01T00:00:00Z","attrs":${text}}`;
			const res = await new Guest(house.segue).raw('PUT', '/api/v1/items/purchase/bomb', { body, headers: { Authorization: `Bearer ${house.token}` } });
			assert.ok(res.status < 500, `${res.status}`);
			await res.arrayBuffer();
			assert.ok(performance.now() - start < 2000);
		}
		line.send({ type: 'ping' });
		await line.frame('pong', (f) => f.type === 'pong');
		await line.close();
	});
});

describe('files and paths (S4, S5, S18, S29)', () => {
	const stored = () => fs.readdirSync(path.join(house.dir, 'files')).filter((f) => f !== 'tmp');
	const upload = (who, name, bytes) => who.raw('POST', `/api/v1/files?name=${name}`, { bytes, headers: { 'Content-Type': 'application/octet-stream' } });

	test('a file that a browser could run is served as a download without a type', async () => {
		const files = {
			'page.html': '<script>alert(1)</script>', 'pic.svg': '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', 'x.pht': '<?php phpinfo();', 'x.js': 'alert(1)', 'x.png': '<html><script>alert(1)</script>',
			'x.xhtml': '<html xmlns="http://www.w3.org/1999/xhtml"><script>alert(1)</script></html>', 'x.pdf': '%PDF-1.7 <script>'
		};
		const c = await house.customer('uploader1');
		for (const [name, text] of Object.entries(files)) {
			const up = await (await upload(c, name, Buffer.from(text))).json();
			const down = await c.raw('GET', `/api/v1/files/${up.id}`);
			assert.equal(await down.text(), text);
			assert.match(down.headers.get('content-disposition'), /^attachment;/);
			assert.equal(down.headers.get('x-content-type-options'), 'nosniff');
			assert.match(down.headers.get('content-security-policy'), /sandbox/);
			assert.equal(down.headers.get('content-type'), 'application/octet-stream');
			assert.equal((await a.raw('GET', `/api/v1/files/${up.id}`)).status, 404);
			assert.equal((await new Guest(house.segue).raw('GET', `/api/v1/files/${up.id}`)).status, 401);
		}
	});

	test('the name of a file is a text and never a path or a header', async () => {
		const names = ['../../x', '..%2f..%2fx', '/etc/passwd', 'a%00b', 'a%0d%0aSet-Cookie:%20x=1', '%E2%80%AEgnp.exe', 'con', '.', '..', 'a%22;filename=%22evil.html', '%F0%9F%98%80.png', 'a'.repeat(200), 'a'.repeat(201), '%ff%fe', '%', 'x%2', 'x&name=y', '%7B%7B7*7%7D%7D', "';drop table file;--", '..%5C..%5Cx'];
		const c = await house.customer('uploader2');
		for (const name of names) {
			const res = await upload(c, name, Buffer.from('x'));
			const json = await res.json();
			assert.ok([201, 400, 422].includes(res.status), `${name}: ${res.status}`);
			if (res.status !== 201) continue;
			assert.equal(json.name, decodeURIComponent(name.replace(/\+/g, ' ')));
			const down = await request(house.segue.url, { path: `/api/v1/files/${json.id}`, headers: { Cookie: c.cookie() } });
			assert.equal(down.status, 200);
			assert.equal(down.headers['set-cookie'], undefined);
			assert.match(down.headers['content-disposition'], /^attachment; filename="file"; filename\*=UTF-8''[\w.%-]*$/);
		}
		for (const entry of stored()) assert.match(entry, /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/);
	});

	test('one byte too many is refused before it is read, and so is too many files', { timeout: 60000 }, async () => {
		const c = await house.customer('uploader3');
		const head = `POST /api/v1/files?name=big HTTP/1.1\r\nHost: 127.0.0.1:${house.segue.port}\r\nCookie: ${c.cookie()}\r\nSegue-Csrf: 1\r\nContent-Type: application/octet-stream\r\nContent-Length: ${(10 << 20) + 1}\r\n\r\n`;
		assert.match(await rawBytes(house.segue.port, head, { until_: /\r\n\r\n/ }), /^HTTP\/1\.1 413/);
		const whole = await upload(c, 'just-right', Buffer.alloc(10 << 20, 1));
		assert.equal(whole.status, 201);
		const empty = await upload(c, 'empty', Buffer.alloc(0));
		assert.equal(empty.status, 422);
		const statuses = await pool([...Array(300).keys()], 10, async (i) => {
			const res = await upload(c, `n${i}`, Buffer.from('x'));
			await res.arrayBuffer();
			return res.status;
		});
		const tooMany = statuses.filter((s) => s === 429).length;
		assert.ok(tooMany >= 250 && statuses.every((s) => s === 201 || s === 429), `${tooMany} of 300: ${[...new Set(statuses)]}`);
		const id = (await whole.json()).id;
		assert.equal(fs.statSync(path.join(house.dir, 'files', id)).size, 10 << 20);
		assert.equal(stored().filter((f) => !/^[0-9a-f-]{36}$/.test(f)).length, 0);
		assert.deepEqual(fs.readdirSync(path.join(house.dir, 'files', 'tmp')), [], 'nothing is left of refused ones');
	});

	test('a file that will be refused is not read: foreign page, no header, a cookie that is nobody’s', async () => {
		const c = await house.customer('uploader4');
		const head = (more) => `POST /api/v1/files?name=x HTTP/1.1\r\nHost: 127.0.0.1:${house.segue.port}\r\nContent-Type: application/octet-stream\r\nContent-Length: 5000000\r\n${more.join('\r\n')}\r\n\r\n`;
		const cookie = `Cookie: ${c.cookie()}`;
		const answer = (more) => rawBytes(house.segue.port, head(more), { until_: /\r\n\r\n[^]*\}/ }); // no byte of the body is sent
		assert.match(await answer([cookie, 'Segue-Csrf: 1', 'Origin: https://evil.test']), /^HTTP\/1\.1 403[^]*foreign_origin/);
		assert.match(await answer([cookie]), /^HTTP\/1\.1 403[^]*no_csrf_header/);
		assert.match(await answer(['Segue-Csrf: 1', `Cookie: segue_customer=${'0'.repeat(64)}`]), /^HTTP\/1\.1 401[^]*not_signed_in/);
		const out = c.cookie();
		await c.call('DELETE', '/session');
		assert.match(await answer(['Segue-Csrf: 1', `Cookie: ${out}`]), /^HTTP\/1\.1 401[^]*not_signed_in/);
	});

	test('one person brings at most 200 MiB a day, however many come at once', { timeout: 60000 }, async () => {
		const c = await house.customer('uploader5');
		const bytes = Buffer.alloc(10 << 20, 1);
		const got = await pool([...Array(24).keys()], 3, async (i) => {
			const res = await upload(c, `big${i}`, bytes);
			return { status: res.status, code: (await res.json()).code, retry: res.headers.get('retry-after') };
		});
		const taken = got.filter((g) => g.status === 201).length;
		assert.ok(taken <= 20 && taken >= 18, `${taken} taken`);
		for (const g of got.filter((x) => x.status !== 201)) assert.deepEqual(g, { status: 429, code: 'quota', retry: '3600' });
		assert.equal((await upload(await house.customer('uploader6'), 'x', Buffer.from('x'))).status, 201, 'others are not concerned');
	});

	test('no path leads out of the pages', { timeout: 60000 }, async () => {
		assert.ok(traversals.length >= 490);
		await pool(traversals, 10, async (target) => {
			for (const who of [undefined, b]) {
				const res = await request(house.segue.url, { path: target, headers: who ? { Cookie: who.cookie() } : {} }).catch((e) => ({ status: e.code, body: '', headers: {} }));
				assert.ok(!/root:.*:0:0:|SQLite format|PATH=|halden-demo/.test(res.body), `${target}: ${res.status}`);
				assert.ok(!(res.status >= 500), `${target}: ${res.status}`);
			}
		});
		for (const target of ['/install', '/debug', '/status', '/.env', '/.git/HEAD', '/admin.php', '/api/v1/', '/api/v1/debug', '/conformance/ws']) {
			const res = await request(house.segue.url, { path: target });
			assert.ok(res.status === 404 || (res.status === 200 && /<div id="app"|<!doctype html>/i.test(res.body)), `${target}: ${res.status}`);
		}
	});
});

test('every page forbids foreign scripts and frames', async () => {
	for (const target of ['/', '/desk/', '/console/', '/api/docs', '/help/anything', '/api/v1/session', '/no/such.file']) {
		const res = await request(house.segue.url, { path: target });
		const csp = res.headers['content-security-policy'];
		assert.ok(csp, target);
		assert.ok(!/unsafe-inline|unsafe-eval|\*/.test(csp), csp);
		assert.match(csp, /frame-ancestors 'none'/);
		assert.equal(res.headers['x-content-type-options'], 'nosniff');
	}
});

test('a link does not open after its time, and a clock set back revives nothing', { timeout: 120000 }, async (t) => {
	const disk = faults();
	if (!disk) return t.skip('no compiler for the clock');
	const other = new House({ env: disk.env, args: ['--link-life', '1m', '--agent-session', '2m'] });
	try {
		await other.start();
		await other.person('late');
		const guest = new Guest(other.segue);
		await guest.post('/session/link', { email: 'late@people.test' });
		const token = (await until('the mail', () => /token=([0-9a-f]{64})/.exec(other.segue.out)))[1];
		const staff = await other.agent(0);
		const line = await staff.live();
		const silent = await staff.live();
		disk.moveClock(125);
		assert.equal((await guest.raw('POST', '/api/v1/session/redeem', { body: { token } })).status, 401);
		assert.equal((await staff.raw('GET', '/api/v1/me/desk')).status, 401, 'the session is over');
		line.send({ type: 'ping' });
		assert.equal(await deadline(line.closed, 2000, 'its connection ends'), 1008);
		assert.equal(await deadline(silent.closed, 65000, 'and so does one that says nothing, within a minute'), 1008);
	} finally {
		await other.end();
		disk.end();
	}
});

test('the log holds no password, no token and no cookie', () => {
	const log = house.logged();
	const secrets = [password, house.logins.password, house.secret, house.token, 'guess guess', ...[a, b, agent, manager, admin].flatMap((c) => Object.values(c.cookies)), ...house.segue.out.matchAll(/token=([0-9a-f]{64})/g)].map((s) => (Array.isArray(s) ? s[1] : s));
	assert.ok(secrets.length > 10);
	for (const secret of secrets) assert.ok(!log.includes(secret), `a secret is in the log: ${secret.slice(0, 6)}…`);
	assert.ok(!log.includes(canary), 'what people say is not in the log either');
});
