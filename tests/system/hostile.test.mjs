// Promise P11: bad input never stops the server, changes nothing, and is told clearly what is wrong with it.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { after, before, test } from 'node:test';
import { Guest, House, deadline, fs, path, pool, rawBytes } from './lib/hostile_house.mjs';
import { root } from './lib/segue.mjs';

const schema = (name) => JSON.parse(fs.readFileSync(path.join(root, 'schema/api', name), 'utf8'));
const { operations } = schema('operations.json');
const { types } = schema('types.json');
const { enums } = schema('events.json');

let house, customer, agent, manager, desk, line, talk, item, file, baseline;

before(async () => {
	house = await new House({ args: ['--live-per-s', '5000'] }).start();
	customer = await house.customer('h');
	item = await house.item('purchase', 'h-thing', 'h');
	agent = await house.agent(0);
	manager = await house.manager();
	desk = await house.desk(agent);
	line = await customer.live();
	talk = await house.conversation(line, desk, { item: item.id, text: 'hello' });
	file = await customer.call('POST', '/files?name=x.txt', { bytes: Buffer.from('x'), headers: { 'Content-Type': 'application/octet-stream' } });
	await desk.command('set_presence', { presence: 'away' });
	baseline = house.segue.rss();
});
after(() => house?.end());

/** What must not have moved: the conversation, the cases, the persons, the agents. */
async function state() {
	const head = (await manager.get(`/interactions/${talk.interaction}/events?limit=1`)).head;
	return JSON.stringify([head, await manager.get('/cases?limit=100'), (await manager.get('/agents')).rows, await manager.get(`/persons?q=Person`)]);
}

async function stillWell() {
	assert.equal((await fetch(house.segue.url + '/readyz')).status, 200);
	assert.equal(house.segue.child.exitCode, null);
	assert.ok(house.segue.rss() - baseline < 64 * 1024, `memory grew from ${baseline} to ${house.segue.rss()} kB`);
}

async function refused(res, what, { field } = {}) {
	const text = await res.text();
	assert.ok(res.status >= 400 && res.status < 500, `${what}: ${res.status} ${text.slice(0, 200)}`);
	assert.match(res.headers.get('content-type') ?? '', /^application\/problem\+json/, what);
	const problem = JSON.parse(text);
	assert.equal(problem.status, res.status, what);
	assert.ok(problem.code?.length > 0 && problem.title?.length > 0, `${what}: ${text}`);
	if (field && res.status === 422) assert.ok(problem.field?.length > 0, `${what}: ${text}`);
	return problem;
}

const ids = () => ({ interaction: talk.interaction, case: talk.case, item: item.id, file: file.id, person: item.person, article: item.id, external_id: 'h', kind: 'purchase' });
const pathOf = (op) => '/api/v1' + op.path.replace(/\{(\w+)\}/g, (_, n) => ids()[n]);

function callerOf(op) {
	if (op.roles.includes('customer')) return [customer, {}];
	if (op.roles.includes('integrator')) return [new Guest(house.segue), { Authorization: `Bearer ${house.token}` }];
	if (op.roles.includes('any')) return [new Guest(house.segue), {}];
	return [agent, {}];
}

/** A value that fits a type of the schema. */
function fitting(type) {
	const t = type.replace('?', '');
	let m;
	if (t === 'id') return item.id;
	if (t === 'time') return '2026-01-02T10:00:00Z';
	if (t === 'bool') return true;
	if (t === 'json') return {};
	if ((m = /^(?:line|text)\((\d+)\.\.(\d+)\)$/.exec(t))) return 'x'.repeat(Math.max(3, Number(m[1])));
	if ((m = /^int\((\d+)\.\.(\d+)\)$/.exec(t))) return Number(m[1]);
	if (t === 'int') return 1;
	if ((m = /^enum:(\w+)$/.exec(t))) return enums[m[1]][1];
	if (/^\[/.test(t)) return [];
	return body(t);
}

const body = (name) => Object.fromEntries(Object.entries(types[name]).filter(([, t]) => !t.endsWith('?')).map(([k, t]) => [k, fitting(t)]));

/** Values that do not. */
function misfits(type) {
	const t = type.replace('?', '');
	const out = [];
	let m;
	const all = { number: 7, fraction: 1.5, text: 'x\u0001', bool: true, list: [1], object: { a: 1 }, nested: [[[]]] };
	const kind = /^(line|text)/.test(t) ? 'text' : /^int/.test(t) ? 'number' : t === 'bool' ? 'bool' : t === 'json' ? 'json' : /^\[/.test(t) ? 'list' : ['id', 'time'].includes(t) || t.startsWith('enum:') ? 'name' : 'object';
	for (const [k, v] of Object.entries(all)) {
		if (k === kind || (kind === 'json' && ['list', 'object', 'nested'].includes(k)) || (kind === 'text' && k === 'text')) continue;
		out.push(v);
	}
	if (!type.endsWith('?')) out.push(null, undefined);
	if ((m = /^(line|text)\((\d+)\.\.(\d+)\)$/.exec(t))) {
		if (Number(m[2])) out.push('');
		if (Number(m[3]) <= 8000) out.push('x'.repeat(Number(m[3]) + 1), '😀'.repeat(Number(m[3]) + 1));
		if (m[1] === 'line') out.push('two\nlines', 'nul\u007f', 'c1 \u0085');
	}
	if ((m = /^int\((\d+)\.\.(\d+)\)$/.exec(t))) out.push(Number(m[1]) - 1, Number(m[2]) + 1, -1e15, '1', 9007199254740993n);
	if (kind === 'name') out.push('', 'none', 'NONE', 'no such', '0'.repeat(36), '../..', item.id + 'x');
	if (t === 'time') out.push('2026-13-01T00:00:00Z', '2026-01-01', 'now', '2026-01-01T00:00:00', '2026-02-30T00:00:00Z', '99999-01-01T00:00:00Z');
	return out;
}

const jsonOf = (o) => JSON.stringify(o, (_, v) => (typeof v === 'bigint' ? JSON.rawJSON?.(String(v)) ?? Number(v) : v));

/** 110 and more ways of not being JSON. */
function malformed() {
	const good = '{"text":"hello"}';
	const out = [
		'', ' ', '\n', 'null', 'true', '1', '"text"', '[]', '[{"text":"x"}]', '{', '}', '{}}', '{"', '{"text', '{"text"', '{"text":', '{"text":"', '{"text":"x"', '{"text":"x",', '{"text":"x",}', '{text:"x"}', "{'text':'x'}", '{"text":x}', '{"text":"x"}{"text":"y"}',
		'{"text":"x"} x', '{"text":"x"}\u0000', '\ufeff' + good, good + ',', '{"text":"x","text":"y"}', '{"text":"x" "y"}', '{"text" "x"}', '{"text"::"x"}', '{,"text":"x"}', '{"text":"x",,}', '{"text":+1}', '{"text":01}', '{"text":1.}', '{"text":.5}', '{"text":1e}', '{"text":0x1}',
		'{"text":NaN}', '{"text":Infinity}', '{"text":-}', '{"text":undefined}', '{"text":nul}', '{"text":tru}', '{"text":True}', '{"text":"\n"}', '{"text":"\t"}', '{"text":"\\x41"}', '{"text":"\\u12"}', '{"text":"\\uD800"}', '{"text":"\\uDC00\\uD800"}', '{"text":"\\u0000"}', '{"text":"\\"}', '{"text":"a\\',
		'/* c */{"text":"x"}', '{"text":"x"}//', '{"text":`x`}', '<text>x</text>', 'text=hello', '--x\r\nContent-Disposition: form-data; name="text"\r\n\r\nx\r\n--x--', '%7B%7D', 'a:1:{s:4:"text";s:1:"x";}', '--- text: x', '{"text":"x"\u000b}', '{"text":\u00a0"x"}', '{"__proto__":{"text":"x"}}', '{"constructor":1}', '{"":1}'
	];
	for (let i = 1; i < good.length; i++) out.push(good.slice(0, i));
	for (let i = 0; i < good.length; i++) out.push(good.slice(0, i) + '\u0001' + good.slice(i));
	const bytes = out.map((s) => Buffer.from(s));
	for (const bad of [[0x80], [0xff], [0xfe, 0xff], [0xc0, 0xaf], [0xe0, 0x80, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xf8, 0x88, 0x80, 0x80, 0x80], [0xc3], [0xe2, 0x82], [0xf0, 0x9f, 0x98]]) {
		bytes.push(Buffer.concat([Buffer.from('{"text":"'), Buffer.from(bad), Buffer.from('"}')]));
		bytes.push(Buffer.concat([Buffer.from('{"'), Buffer.from(bad), Buffer.from('":"x"}')]));
	}
	bytes.push(Buffer.from(good, 'utf16le'), Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(good, 'utf16le')]), Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0]), crypto.randomBytes(2000));
	return bytes;
}

test('what is not JSON is refused by HTTP with a problem, and changes nothing', async () => {
	const before_ = await state();
	const all = malformed();
	assert.ok(all.length >= 110, `${all.length}`);
	for (const op of operations.filter((o) => o.body && ['send_message', 'give_feedback', 'put_person', 'sign_in'].includes(o.name))) {
		const [, headers] = callerOf(op);
		await pool(all, 4, async (bytes) => {
			const [who] = callerOf(op);
			const res = await who.raw(op.method, pathOf(op), { bytes, headers: { 'Content-Type': 'application/json', ...headers } });
			await refused(res, `${op.name} ${bytes.toString('latin1').slice(0, 60)}`);
		});
	}
	assert.equal(await state(), before_);
	await stillWell();
});

test('what is not JSON is refused on the live connection, and the connection stays', async () => {
	const before_ = await state();
	const wire = await customer.live();
	const texts = malformed().map((b) => b.toString('latin1')).concat(['{"type":"command"}', '{"type":"command","id":"","name":"typing"}', '{"type":"command","id":1,"name":"typing"}', '{"type":"command","id":"x"}', '{"type":null}', '{"type":"watch"}', '{"type":"hello"}', '{"type":"ack","id":"c"}', '{"id":"x"}', `{"type":"command","id":"${'x'.repeat(65)}","name":"typing"}`, '{"type":"command","id":"x","name":"get_session"}', '{"type":"command","id":"x","name":"sign_in","params":{}}', '{"type":"command","id":"x","name":"../typing"}', '{"type":"command","id":"x","name":"send_message","params":[]}', '{"type":"command","id":"x","name":"send_message","params":null}', '{"type":"command","id":"x","name":"send_message","params":"x"}', '{"type":"watch","topic":"me","after":-1}', '{"type":"watch","topic":"me","after":"1"}', '{"type":"watch","topic":"me","after":1e400}', '{"type":"watch","topic":"me","after":1.5}']);
	for (const text of texts) wire.socket.send(text);
	wire.send({ type: 'ping' });
	await wire.frame('pong', (f) => f.type === 'pong');
	const errors = wire.frames.filter((f) => f.type === 'error');
	assert.equal(errors.length, texts.length);
	for (const e of errors) assert.ok(e.problem.status >= 400 && e.problem.status < 500 && e.problem.code && e.problem.title, JSON.stringify(e));
	await wire.close();
	assert.equal(await state(), before_);
	await stillWell();
});

test('frames against the protocol close the connection with the documented code', async () => {
	const closes = async (what, code, act) => {
		const wire = await customer.live();
		act(wire.socket);
		assert.equal(await deadline(wire.closed, 5000, what), code, what);
	};
	await closes('too large', 1009, (s) => s.send('"' + 'x'.repeat(70000) + '"'));
	await closes('binary', 1003, (s) => s.send(Buffer.from('{}'), { binary: true }));
	await closes('not UTF-8', 1007, (s) => s.send(Buffer.from([0x22, 0xff, 0xfe, 0x22]), { binary: false }));
	await closes('unmasked', 1002, (s) => s._socket.write(Buffer.from([0x81, 0x02, 0x7b, 0x7d])));
	await closes('reserved opcode', 1002, (s) => s._socket.write(Buffer.from([0x83, 0x80, 1, 2, 3, 4])));
	await closes('long ping', 1002, (s) => s._socket.write(Buffer.concat([Buffer.from([0x89, 0xfe, 0x00, 0x80, 0, 0, 0, 0]), Buffer.alloc(128)])));
	await closes('continuation of nothing', 1002, (s) => s._socket.write(Buffer.from([0x80, 0x80, 1, 2, 3, 4])));
	const flooded = await new House({ args: ['--live-per-s', '20'] }).start();
	try {
		const wire = await (await flooded.customer('f')).live();
		for (let i = 0; i < 500; i++) wire.send({ type: 'ping' });
		assert.equal(await deadline(wire.closed, 5000, 'a flood ends the connection'), 1008);
	} finally {
		await flooded.end();
	}
	await stillWell();
});

test('each field of each operation refuses what does not fit its type, by name, over HTTP and live', { timeout: 120000 }, async () => {
	const before_ = await state();
	const wires = { customer: await customer.live(), agent: await agent.live() };
	const tried = [];
	for (const op of operations.filter((o) => o.body)) {
		for (const [field, type] of Object.entries(types[op.body])) {
			for (const value of misfits(type)) tried.push({ op, field, value });
		}
		tried.push({ op, field: 'no_such_field', value: 1 }, { op, field: 'x'.repeat(300), value: null }, { op, field: '__proto__x', value: {} });
	}
	assert.ok(tried.length > 300, `${tried.length}`);
	await pool(tried, 8, async ({ op, field, value }, i) => {
		const [who, headers] = callerOf(op);
		const text = jsonOf({ ...body(op.body), [field]: value });
		const what = `${op.name}.${field.slice(0, 40)} = ${text.slice(0, 120)}`;
		const res = await who.raw(op.method, pathOf(op), { body: text, headers });
		const problem = await refused(res, what, { field });
		if (res.status === 422 && problem.code === 'invalid_field') assert.ok(problem.field.startsWith(field.slice(0, 20)), `${what}: ${problem.field}`);
		if (!op.live) return;
		const wire = wires[op.roles.includes('customer') ? 'customer' : 'agent'];
		const params = { ...body(op.body), ...Object.fromEntries([...op.path.matchAll(/\{(\w+)\}/g)].map(([, n]) => [n, ids()[n]])), [field]: value };
		wire.socket.send(`{"type":"command","id":"m${i}","name":"${op.name}","params":${jsonOf(params)}}`);
		const answer = await wire.frame(what, (f) => f.id === `m${i}`);
		assert.equal(answer.type, 'error', what);
		assert.ok(answer.problem.status < 500, what);
	});
	for (const w of Object.values(wires)) await w.close();
	assert.equal(await state(), before_);
	await stillWell();
});

test('paths and queries that do not fit are refused', async () => {
	const before_ = await state();
	const bad = ['x', '0'.repeat(36), '%00', '%ff', '%', '%2', '..', '%2e%2e', "'", item.id + '0', item.id.slice(1), item.id.replace(/-/g, ''), `{${item.id}}`, '-1', '😀', 'x'.repeat(3000)];
	for (const op of operations.filter((o) => /\{(interaction|case|item|file|person|article)\}/.test(o.path))) {
		const [, headers] = callerOf(op);
		for (const id of bad) {
			const [who] = callerOf(op);
			const target = '/api/v1' + op.path.replace(/\{(interaction|case|item|file|person|article)\}/, encodeURI(id).replace(/%25/g, '%')).replace(/\{(\w+)\}/g, (_, n) => ids()[n]);
			const res = await who.raw(op.method, target, { body: op.method === 'GET' ? undefined : op.body ? body(op.body) : {}, headers });
			assert.ok(res.status >= 400 && res.status < 500, `${target.slice(0, 100)}: ${res.status}`);
			await res.arrayBuffer();
		}
	}
	const queries = ['limit=0', 'limit=-1', 'limit=101', 'limit=x', 'limit=1e2', 'limit=', 'limit=1&limit=2', 'cursor=%00', `cursor=${'x'.repeat(301)}`, 'cursor=%ff', 'q=%0a', `q=${'x'.repeat(101)}`, 'nosuch=1', 'limit=99999999999999999999', '=1', '%', 'limit=%31%'];
	for (const q of queries) {
		const res = await customer.raw('GET', `/api/v1/me/stuff?${q}`);
		await refused(res, q);
	}
	for (const cursor of ['x', 'AAAA', '%7B%7D', '1:2:3', '-', '%F0%9F%98%80', Buffer.from('{"a":1}').toString('base64')]) {
		for (const [who, target] of [[customer, '/me/stuff'], [customer, '/cases'], [agent, '/cases']]) {
			const res = await who.raw('GET', `/api/v1${target}?cursor=${cursor}`);
			assert.ok(res.status === 200 || res.status === 422 || res.status === 400, `${target} ${cursor}: ${res.status}`);
			await res.arrayBuffer();
		}
	}
	assert.equal(await state(), before_);
});

test('commands out of order are refused and change nothing', async () => {
	const wrong = [
		[line, 'mark_read', { interaction: talk.interaction, seq: 100000000 }], [desk, 'accept_offer', { interaction: talk.interaction, offer_no: 1 }], [desk, 'accept_offer', { interaction: talk.interaction, offer_no: 999 }],
		[desk, 'reject_offer', { interaction: talk.interaction, offer_no: 1 }], [desk, 'transfer', { interaction: talk.interaction }], [desk, 'transfer', { interaction: talk.interaction, queue: item.id }], [desk, 'transfer', { interaction: talk.interaction, agent: item.id }],
		[line, 'send_message', { interaction: talk.interaction }], [line, 'send_message', { interaction: talk.interaction, file: item.id }], [line, 'start_interaction', { channel: 'none' }], [line, 'start_interaction', { channel: 'chat', topic: item.id }],
		[line, 'start_interaction', { channel: 'chat', item: talk.case }], [line, 'start_interaction', { channel: 'chat', case: item.id }], [desk, 'wrap_up', { interaction: talk.case, summary: 'x', outcome: 'resolved' }], [line, 'give_feedback', { case: talk.interaction, outcome_score: 1, feeling_score: 1, follow_up: false }],
		[desk, 'start_interaction', { channel: 'chat' }], [line, 'wrap_up', { interaction: talk.interaction, summary: 'x', outcome: 'resolved' }], [line, 'add_note', { interaction: talk.interaction, text: 'x' }], [line, 'set_presence', { presence: 'available' }]
	];
	const before_ = await state();
	for (const [who, name, params] of wrong) {
		await assert.rejects(who.command(name, params), (e) => e.problem?.status >= 400 && e.problem.status < 500 && e.problem.code.length > 0, `${name} ${JSON.stringify(params)}`);
	}
	assert.equal(await state(), before_);
});

test('an id that was used answers as before, whatever is sent with it, and a long one is not cut', async () => {
	const head = async () => (await manager.get(`/interactions/${talk.interaction}/events?limit=1`)).head;
	const first = await line.command('send_message', { interaction: talk.interaction, text: 'once' }, 'same-id');
	const h = await head();
	for (let i = 0; i < 200; i++) line.send({ type: 'command', id: 'same-id', name: 'send_message', params: { interaction: talk.interaction, text: i % 2 ? 'once' : 'twice' } });
	line.send({ type: 'ping' });
	await line.frame('200 answers', () => line.frames.filter((f) => f.id === 'same-id').length >= 201);
	for (const f of line.frames.filter((x) => x.id === 'same-id').slice(1)) {
		assert.equal(f.type, 'ack');
		assert.deepEqual({ ...f.result, repeated: false }, first);
		assert.equal(f.result.repeated, true);
	}
	assert.equal(await head(), h);
	const target = `/interactions/${talk.interaction}/messages`;
	const key = { 'Idempotency-Key': 'key-1' };
	const posts = await Promise.all([1, 2, 3, 4].map(() => customer.post(target, { text: 'by HTTP' }, key)));
	assert.equal(posts.filter((p) => !p.repeated).length, 1);
	assert.equal(new Set(posts.map((p) => p.seq)).size, 1);
	assert.equal(await head(), h + 1);
	const long = 'k'.repeat(100);
	const answers = [];
	for (const end of ['', 'a', 'b', 'a'.repeat(400)]) {
		const res = await customer.raw('POST', '/api/v1' + target, { body: { text: `long ${end.length}` }, headers: { 'Idempotency-Key': long + end } });
		answers.push(res.status);
		const json = await res.json();
		assert.ok(res.status === 422 || json.repeated === false, 'two keys are never taken for one');
	}
	assert.deepEqual(answers, [201, 422, 422, 422]);
	const other = await desk.command('send_message', { interaction: talk.interaction, text: 'another person’s id is another id' }, 'same-id');
	assert.equal(other.repeated, false);
});

test('a command that was done is acknowledged again even when its doing makes it impossible now', async () => {
	const again = await line.command('start_interaction', { channel: 'chat' }, 'start-1');
	await line.command('end_interaction', { interaction: again.interaction }, 'end-1');
	await line.command('end_interaction', { interaction: again.interaction }, 'end-1');
	assert.deepEqual((await line.command('start_interaction', { channel: 'chat' }, 'start-1')).interaction, again.interaction);
	await assert.rejects(line.command('end_interaction', { interaction: again.interaction }, 'end-2'), (e) => e.problem.status === 409);
});

test('the same person and item given ten times at once are one person and one item', async () => {
	const persons = await Promise.all([...Array(10)].map(() => house.person('race', { name: 'Race' })));
	assert.equal(new Set(persons.map((p) => p.id)).size, 1);
	const items = await Promise.all([...Array(10)].map(() => house.item('purchase', 'race-thing', 'race')));
	assert.equal(new Set(items.map((p) => p.id)).size, 1);
});

test('half requests, noise and hang-ups leave no trace', async () => {
	const { port } = house.segue;
	const noise = [
		Buffer.from('GET'), Buffer.from('GET / HTTP/1.1\r\n'), Buffer.from('\r\n\r\n\r\n'), crypto.randomBytes(5000), Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]), Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), Buffer.from('GET / HTTP/9.9\r\n\r\n'),
		Buffer.from(`POST /api/v1/session HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Length: 1000\r\n\r\n{"em`), Buffer.from(`GET /${'a'.repeat(40000)} HTTP/1.1\r\nHost: x\r\n\r\n`), Buffer.from(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${'X: y\r\n'.repeat(5000)}\r\n`)
	];
	for (const bytes of noise) {
		const got = await rawBytes(port, bytes, { ms: 300, until_: /\r\n\r\n/ });
		assert.ok(got === '' || /^HTTP\/1\.1 (4\d\d|505)/.test(got), got.slice(0, 100));
	}
	await stillWell();
});
