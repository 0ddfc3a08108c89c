// What the operator has: the commands, their help and exit codes, settings, probes, backup, inspect, rebuild.
import assert from 'node:assert/strict';
import net from 'node:net';
import { after, before, test } from 'node:test';
import { Guest, House, freePort, fs, have, once, password, path, request, segueCommand, sqlite, temporaryFolder, until } from './lib/hostile_house.mjs';
import { Segue } from './lib/segue.mjs';

const commands = ['serve', 'demo', 'user', 'token', 'inspect', 'check-config', 'backup', 'rebuild'];
let house, folder, talk, customer;

before(async () => {
	folder = temporaryFolder();
	house = await new House().start();
	customer = await house.customer('o');
	const item = await house.item('purchase', 'o-1', 'o');
	talk = await customer.post('/interactions', { channel: 'chat', item: item.id, text: 'for the operator' });
});
after(async () => {
	await house?.end();
	fs.rmSync(folder, { recursive: true, force: true });
});

const env = (more) => ({ env: { ...process.env, ...more } });
const setting = (text, name) => new RegExp(`^${name} = (.*)$`, 'm').exec(text)?.[1];

test('help tells every command, and each command explains itself', () => {
	const all = segueCommand(['--help']);
	assert.equal(all.status, 0);
	for (const c of commands) {
		assert.match(all.stdout, new RegExp(`^  ${c} `, 'm'));
		const one = segueCommand([c, '--help']);
		assert.equal(one.status, 0, c);
		assert.equal(one.stderr, '');
		assert.match(one.stdout, new RegExp(`^segue ${c}`));
		assert.match(one.stdout, /--data /);
		assert.equal(segueCommand([c, '-h']).stdout, one.stdout);
	}
	assert.match(segueCommand(['--version']).stdout, /^segue \d/);
});

test('what is misused ends with 64 and says how it is used', () => {
	const data = ['--data', path.join(folder, 'none')];
	const cases = [[], ['nonsense'], ['serve', 'nonsense'], ['serve', '--nonsense'], ['user'], ['user', 'remove'], ['user', 'add'], ['user', 'add', '--email'], ['user', 'add', '--email', 'x@y.test'], ['token'], ['token', 'add'], ['inspect'], ['inspect', 'interaction', 'x'], ['backup'], ['backup', 'a', 'b'], ['rebuild', 'x'], ['check-config', 'x'], ['demo', '--persons'], ['demo', '--persons', 'many'], ['demo', '--what']];
	for (const args of cases) {
		const run = segueCommand([...args, ...(args.length ? data : [])]);
		assert.equal(run.status, 64, `${args.join(' ')}: ${run.status} ${run.stderr}`);
		assert.ok(run.stderr.length > 0);
		assert.ok(!/\n.*\n.*Assert|core dumped/.test(run.stderr));
	}
	assert.ok(!fs.existsSync(path.join(folder, 'none')), 'and makes nothing');
});

test('an unknown or wrong setting ends with 78, names its place and suggests the right one', () => {
	const unknown = segueCommand(['check-config', '--config', file('compny = X\n')]);
	assert.equal(unknown.status, 78);
	assert.match(unknown.stderr, /:1: compny: .*did you mean company\?/);
	for (const [name, value] of [['connections_max', '5'], ['connections_max', 'x'], ['connections_max', ''], ['link_life', '1s'], ['link_life', '5 parsecs'], ['readers', '9'], ['readers', '-1'], ['readers', '99999999999999999999']]) {
		for (const run of [segueCommand(['check-config', `--${name}`, value]), segueCommand(['check-config', '--config', file(`# comment\n${name} = ${value}\n`)]), segueCommand(['check-config'], env({ [`SEGUE_${name.toUpperCase()}`]: value }))]) {
			assert.equal(run.status, 78, `${name}=${value}: ${run.stdout}`);
			assert.match(run.stderr, new RegExp(name));
		}
	}
	assert.equal(segueCommand(['check-config', '--config', path.join(folder, 'absent')]).status, 78);
	assert.equal(segueCommand(['check-config', '--config', file('company\n')]).status, 78);
	assert.equal(segueCommand(['serve', '--listen', 'nonsense', '--data', path.join(folder, 'd')]).status, 78);
	assert.equal(segueCommand(['serve', '--host-secret-file', file('short'), '--data', path.join(folder, 'd')]).status, 78);
});

let files = 0;
function file(text) {
	const at = path.join(folder, `conf${files++}`);
	fs.writeFileSync(at, text);
	return at;
}

test('a flag wins over the environment, the environment over the file, each over the default; what is printed can be read again', () => {
	const conf = file('company = File & Co\nreaders = 3\n; comment\n\n  link_life=  2m \n');
	const all = segueCommand(['check-config', '--config', conf, '--company', 'Flag'], env({ SEGUE_COMPANY: 'Env', SEGUE_OPEN_MAX: '777' }));
	assert.equal(all.status, 0, all.stderr);
	assert.equal(setting(all.stdout, 'company'), 'Flag');
	assert.equal(setting(all.stdout, 'readers'), '3');
	assert.equal(setting(all.stdout, 'open_max'), '777');
	assert.equal(setting(all.stdout, 'link_life'), '120000ms');
	assert.equal(setting(all.stdout, 'listen'), '127.0.0.1:8080');
	const order = segueCommand(['check-config', '--company=Flag', '--config', conf], env({ SEGUE_COMPANY: 'Env' }));
	const fromEnv = segueCommand(['check-config'], env({ SEGUE_COMPANY: 'Env' }));
	assert.equal(setting(fromEnv.stdout, 'company'), 'Env');
	assert.equal(setting(segueCommand(['check-config', '--config', conf], env({ SEGUE_COMPANY: 'Env' })).stdout, 'company'), 'Env');
	assert.equal(setting(order.stdout, 'company'), 'Flag', 'wherever the flag stands');
	const again = segueCommand(['check-config', '--config', file(all.stdout)]);
	assert.equal(again.status, 0, again.stderr);
	assert.equal(again.stdout, all.stdout);
});

test('an address in use ends with 69', async () => {
	const port = await freePort();
	const squatter = net.createServer().listen(port, '127.0.0.1');
	await once(squatter, 'listening');
	const run = segueCommand(['serve', '--data', path.join(folder, 'busy'), '--listen', `127.0.0.1:${port}`]);
	squatter.close();
	assert.equal(run.status, 69, run.stderr);
	assert.match(run.stderr, new RegExp(`cannot listen on 127\\.0\\.0\\.1:${port}`));
});

test('data that is in use, not ours or not there is refused without harm', async () => {
	const second = segueCommand(['serve', '--data', house.dir, '--listen', `127.0.0.1:${await freePort()}`]);
	assert.equal(second.status, 74);
	assert.match(second.stderr, /in use by a Segue that runs/);
	for (const args of [['token', 'add', 'x'], ['rebuild']]) {
		const run = segueCommand([...args, '--data', house.dir]);
		assert.equal(run.status, 74, args.join(' '));
		assert.match(run.stderr, /stop it first/);
	}
	assert.equal((await fetch(house.segue.url + '/readyz')).status, 200);
	const odd = path.join(folder, 'odd');
	fs.mkdirSync(odd);
	fs.writeFileSync(path.join(odd, 'segue.db'), 'not a database at all, but long enough to be looked at as one'.repeat(100));
	const run = segueCommand(['serve', '--data', odd, '--listen', '127.0.0.1:0']);
	assert.equal(run.status, 74);
	assert.match(fs.readFileSync(path.join(odd, 'segue.db'), 'utf8'), /^not a database/);
	for (const args of [['backup', path.join(folder, 'b0')], ['user', 'list'], ['inspect', 'interaction', talk.interaction]]) {
		const none = path.join(folder, 'nothing-here');
		assert.equal(segueCommand([...args, '--data', none]).status, 74, args[0]);
		assert.ok(!fs.existsSync(none));
	}
	assert.equal(segueCommand(['serve', '--data', '/proc/nowhere', '--listen', '127.0.0.1:0']).status, 74);
});

test('accounts are added, listed and given passwords; an integrator’s token puts persons and items', async () => {
	const data = path.join(folder, 'fresh', 'data');
	fs.mkdirSync(path.dirname(data));
	const add = (email, more = [], input = password) => segueCommand(['user', 'add', '--data', data, '--email', email, '--name', 'Nina', ...more], { input });
	assert.equal(add('nina@x.test').status, 0);
	assert.equal(add('nina@x.test').status, 65, 'twice');
	assert.equal(add('short@x.test', [], 'short').status, 65);
	assert.equal(add('none@x.test', [], '').status, 65);
	assert.equal(add('role@x.test', ['--role', 'emperor']).status, 65);
	assert.equal(add('capacity@x.test', ['--capacity', '99']).status, 65);
	assert.equal(segueCommand(['user', 'password', '--data', data, '--email', 'who@x.test'], { input: password }).status, 65);
	const list = segueCommand(['user', 'list', '--data', data]);
	assert.equal(list.status, 0);
	assert.match(list.stdout, /^agent +nina@x\.test +Nina$/m);
	assert.equal(list.stdout.trim().split('\n').length, 1);
	const secretFile = file('the second password\n');
	assert.equal(segueCommand(['user', 'password', '--data', data, '--email', 'nina@x.test', '--password-file', secretFile]).status, 0);
	const token = segueCommand(['token', 'add', 'shop', '--data', data]).stdout.trim();
	assert.match(token, /^[0-9a-f]{64}$/);
	assert.equal(fs.statSync(data).mode & 0o77, 0, 'nobody else reads the data');
	assert.equal(fs.statSync(path.join(data, 'segue.db')).mode & 0o77, 0);
	const segue = await new Segue(data).start();
	try {
		const nina = new Guest(segue, { staff: true });
		await assert.rejects(nina.signInAgent('nina@x.test', password), (e) => e.status === 401);
		assert.equal((await nina.signInAgent('nina@x.test', 'the second password')).me.name, 'Nina');
		const shop = new Guest(segue);
		const headers = { Authorization: `Bearer ${token}` };
		const person = await shop.call('PUT', '/persons/shop-1', { body: { name: 'Ann', ring: 'customer', email: 'ann@x.test' }, headers });
		const item = await shop.call('PUT', '/items/purchase/order-1', { body: { person: 'shop-1', title: 'Kettle', state: 'paid', occurred_at: '2026-01-01T00:00:00Z', amount: 1999, currency: 'EUR' }, headers });
		assert.equal(item.person, person.id);
		const again = await shop.call('PUT', '/items/purchase/order-1', { body: { person: 'shop-1', title: 'Kettle', state: 'shipped', occurred_at: '2026-01-01T00:00:00Z' }, headers });
		assert.deepEqual([again.id, again.state], [item.id, 'shipped']);
	} finally {
		assert.equal(await segue.stop(), 0);
	}
	if (have('sqlite3')) assert.ok(!sqlite(data, 'SELECT * FROM credential; SELECT * FROM api_token;').includes(token), 'only its hash is kept');
});

test('beside a running server: a consistent backup, inspect and the list of users', async () => {
	const copy = path.join(folder, 'copy');
	const talking = Promise.all([...Array(100).keys()].map((i) => customer.post(`/interactions/${talk.interaction}/messages`, { text: `while copying ${i}` })));
	const backup = segueCommand(['backup', copy, '--data', house.dir]);
	await talking;
	assert.equal(backup.status, 0, backup.stderr);
	assert.equal(backup.stdout.trim(), copy);
	assert.equal(segueCommand(['backup', copy, '--data', house.dir]).status, 74, 'never over another');
	const inspect = segueCommand(['inspect', 'interaction', talk.interaction, '--data', house.dir]);
	assert.equal(inspect.status, 0, inspect.stderr);
	const lines = inspect.stdout.trimEnd().split('\n');
	assert.match(lines[0], /^ +1 \S+ interaction_started +customer +[0-9a-f-]{36} \{.*for the operator/);
	assert.ok(lines.length > 100);
	lines.forEach((l, i) => assert.equal(Number(l.trim().split(' ')[0]), i + 1));
	assert.equal(segueCommand(['inspect', 'interaction', talk.case.replace(/.$/, 'f').replace(/^./, 'e'), '--data', house.dir]).status, 65);
	const users = segueCommand(['user', 'list', '--data', house.dir]);
	assert.equal(users.status, 0, users.stderr);
	assert.match(users.stdout, /admin@house\.test/);
	if (have('sqlite3')) {
		assert.equal(sqlite(copy, 'PRAGMA integrity_check'), 'ok');
		const n = Number(sqlite(copy, 'SELECT max(pos) FROM event'));
		assert.ok(n > 0 && n <= Number(sqlite(house.dir, 'SELECT max(pos) FROM event')));
	}
	fs.mkdirSync(path.join(copy, 'files'), { recursive: true });
	const restored = await new Segue(copy, { args: house.segue.args }).start();
	try {
		const reader = await new Guest(restored).signInAgent('agent0@house.test', password);
		const events = (await reader.get(`/interactions/${talk.interaction}/events?limit=1000`)).events;
		assert.match(events[0].facts.text, /for the operator/);
	} finally {
		await restored.stop();
	}
});

test('the probes say alive, ready and the numbers; metrics are for this machine', async () => {
	const { url } = house.segue;
	const health = await request(url, { path: '/healthz' });
	assert.deepEqual([health.status, health.body], [200, 'alive\n']);
	assert.equal((await request(url, { path: '/readyz' })).status, 200);
	const metrics = await request(url, { path: '/metrics' });
	assert.equal(metrics.status, 200);
	assert.match(metrics.headers['content-type'], /^text\/plain; version=0\.0\.4/);
	for (const line of metrics.body.trim().split('\n')) assert.match(line, /^(# (HELP|TYPE) segue_\w+ .+|segue_\w+(\{[^}]*\})? -?[\d.e+]+)$/);
	assert.ok((await house.metric('segue_api_answers_total')) > 0);
	const forwarded = await request(url, { path: '/metrics', headers: { 'X-Forwarded-For': '203.0.113.9' } });
	assert.equal(forwarded.status, 404, 'not through the proxy');
	for (const target of ['/healthz', '/readyz', '/metrics']) assert.equal((await request(url, { method: 'POST', path: target })).status, 405, target);
});

test('rebuild makes the views from the log, and they are the same', async () => {
	const dump = () => (have('sqlite3') ? sqlite(house.dir, '.dump interaction "case" person item topic article queue canned agent identity') : '');
	await house.segue.stop();
	const before_ = dump();
	const run = segueCommand(['rebuild', '--data', house.dir]);
	assert.equal(run.status, 0, run.stderr);
	assert.match(run.stdout, /^rebuilt the views from \d{2,} events/);
	const sorted = (s) => s.split('\n').sort();
	assert.deepEqual(sorted(dump()), sorted(before_));
	await house.start();
	assert.match((await customer.get(`/cases/${talk.case}`)).interactions[0].first_text ?? '', /for the operator/);
});

test('the demo is the same for the same seed, another for another, and is not made over other data', (t) => {
	const make = (name, seed) => {
		const dir = path.join(folder, name);
		const run = segueCommand(['demo', '--data', dir, '--seed', String(seed), '--persons', '20', '--items', '40', '--contacts', '15']);
		assert.equal(run.status, 0, run.stderr);
		return dir;
	};
	const [one, two, other] = [make('demo1', 5), make('demo2', 5), make('demo3', 6)];
	const odd = path.join(folder, 'fresh', 'data');
	assert.equal(segueCommand(['demo', '--data', odd]).status, 65);
	if (!have('sqlite3')) return t.skip('no sqlite3 to compare the logs');
	const log = (dir) => sqlite(dir, 'SELECT pos, stream_kind, hex(stream), seq, hex(id), kind, actor_role, hex(actor_id), at, body FROM event ORDER BY pos');
	assert.ok(log(one).length > 10000);
	assert.equal(log(one), log(two));
	assert.notEqual(log(one), log(other));
});

test('a signal ends it at once when nothing is under way', async () => {
	for (const signal of ['SIGTERM', 'SIGINT']) {
		const segue = await new Segue(path.join(folder, `signal-${signal}`)).start();
		segue.child.kill(signal);
		const [code] = await segue.exited;
		assert.equal(code, 0);
		await until('it says so', () => /event=stopped code=0/.test(segue.err));
	}
});
