// Bodies, Expect, keep-alive, HEAD, addresses, static files, orderly end.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import zlib from 'node:zlib';
import { counts, countsUntil, exchange, get, parseAnswers, Raw, startEcho, within } from './echo.mjs';
import { CLOSE, frame, RawWs, TEXT } from './rawws.mjs';

const BODY_MAX = 65536;
const script = 'console.log("hello");\n'.repeat(50);
let server, dir, spool, statics;

before(async () => {
	dir = fs.mkdtempSync(path.join(os.tmpdir(), 'net-test-'));
	spool = path.join(dir, 'spool');
	statics = path.join(dir, 'static');
	fs.mkdirSync(spool);
	fs.mkdirSync(path.join(statics, 'desk/assets'), { recursive: true });
	fs.writeFileSync(path.join(statics, 'index.html'), '<h1>start</h1>');
	fs.writeFileSync(path.join(statics, 'desk/index.html'), '<h1>desk</h1>');
	fs.writeFileSync(path.join(statics, 'desk/assets/main-4fK2aX9_.js'), script);
	fs.writeFileSync(path.join(statics, 'desk/assets/main-4fK2aX9_.js.gz'), zlib.gzipSync(script));
	fs.writeFileSync(path.join(statics, 'desk/assets/main-4fK2aX9_.js.br'), zlib.brotliCompressSync(script));
	fs.writeFileSync(path.join(statics, 'desk/assets/form-validate.css'), 'a{}');
	fs.writeFileSync(path.join(statics, '.secret'), 'x');
	fs.symlinkSync('/etc/passwd', path.join(statics, 'passwd'));
	fs.writeFileSync(path.join(dir, 'data'), '0123456789');
	server = await startEcho('--spool', spool, '--static', statics, '--body-max', BODY_MAX);
});
after(async () => {
	const { code, err, out } = await server.stop();
	fs.rmSync(dir, { recursive: true });
	assert.equal(code, 0, err + out);
	assert.doesNotMatch(err, /Sanitizer|runtime error/);
});

const post = (target, headers, body = '') => `POST ${target} HTTP/1.1\r\nHost: a\r\n${headers}\r\n${body}`;

test('a body of exactly the limit is taken', async () => {
	const raw = new Raw(server.port);
	raw.write(post('/echo', `Content-Length: ${BODY_MAX}\r\n`, 'x'.repeat(BODY_MAX)));
	const [a] = await raw.answers(1);
	raw.end();
	assert.equal(a.status, 200);
	assert.equal(a.body.length, BODY_MAX);
});

test('one byte over the limit is 413 before a byte of the body is sent', async () => {
	const raw = new Raw(server.port);
	raw.write(post('/echo', `Content-Length: ${BODY_MAX + 1}\r\n`));
	const [a] = await raw.answers(1);
	raw.end();
	assert.equal(a.status, 413);
	assert.equal(a.headers.connection, 'close');
	assert.equal(JSON.parse(a.body).status, 413);
});

test('a client that sends 20 MB all the same still reads its 413', async () => {
	for (const headers of [`Content-Length: ${20 << 20}\r\n`, 'Transfer-Encoding: chunked\r\n']) {
		const raw = new Raw(server.port);
		const part = 'x'.repeat(1 << 20);
		raw.write(post('/echo', headers));
		for (let i = 0; i < 20; i++) raw.write(headers.startsWith('C') ? part : `100000\r\n${part}\r\n`);
		const [a] = await raw.answers(1);
		raw.end();
		assert.equal(a.status, 413);
	}
});

test('chunks beyond the limit are 413 and the end of the connection', async () => {
	const chunk = `1000\r\n${'x'.repeat(4096)}\r\n`;
	const { answers, bytes } = await exchange(server.port,
		post('/echo', 'Transfer-Encoding: chunked\r\n', chunk.repeat(17)) + 'GET /query?q=smuggled HTTP/1.1\r\nHost: a\r\n\r\n');
	assert.deepEqual(answers.map((a) => a.status), [413]);
	assert.ok(!bytes.includes('smuggled'));
});

test('a chunked body of exactly the limit is taken', async () => {
	const raw = new Raw(server.port);
	raw.write(post('/echo', 'Transfer-Encoding: chunked\r\n', `1000\r\n${'x'.repeat(4096)}\r\n`.repeat(16) + '0\r\n\r\n'));
	assert.equal((await raw.answers(1))[0].body.length, BODY_MAX);
	raw.end();
});

test('a spooled body lies in a file of that size, which is gone afterwards', async () => {
	const raw = new Raw(server.port);
	const body = 'y'.repeat(300000);
	raw.write(post('/spool', `Content-Length: ${body.length}\r\n`, body));
	assert.equal((await raw.answers(1))[0].body, '300000 300000');
	raw.write(post('/spool', 'Transfer-Encoding: chunked\r\n', '5\r\nhello\r\n0\r\n\r\n'));
	assert.equal((await raw.answers(2))[1].body, '5 5');
	raw.end();
	await countsUntil(server.port, () => fs.readdirSync(spool).length === 0, 'spool emptied');
});

test('a spool file is for its owner only and disappears with its client', async () => {
	const raw = new Raw(server.port);
	raw.write(post('/spool', 'Content-Length: 100000\r\n', 'y'.repeat(1000)));
	await countsUntil(server.port, () => fs.readdirSync(spool).length === 1, 'spool file');
	const [name] = fs.readdirSync(spool);
	assert.equal(fs.statSync(path.join(spool, name)).mode & 0o777, 0o600);
	assert.match(name, /^[0-9a-f]{32}$/);
	raw.end();
	await countsUntil(server.port, () => fs.readdirSync(spool).length === 0, 'spool file gone');
});

test('memory for bodies ends at a ceiling: 503, and what was held is given back', async () => {
	const many = await startEcho('--body-max', 16 << 20);
	const holders = [];
	for (let i = 0; i < 3; i++) {
		const raw = new Raw(many.port);
		raw.write(post('/echo', `Content-Length: ${12 << 20}\r\n`, 'x'.repeat((12 << 20) - 1)));
		holders.push(raw);
	}
	const refused = await Promise.any(holders.map((raw) => raw.answers(1)));
	assert.equal(refused[0].status, 503);
	for (const raw of holders) raw.end();
	const small = 'x'.repeat(8 << 20);
	const end = Date.now() + 8000;
	for (;;) {
		const raw = new Raw(many.port);
		raw.write(post('/echo', `Content-Length: ${small.length}\r\n`, small));
		const [a] = await raw.answers(1);
		raw.end();
		if (a.status === 200) break;
		assert.ok(Date.now() < end, 'memory was not given back');
	}
	assert.equal((await many.stop()).code, 0);
});

test('100 Continue comes after begin accepted, and only then', async () => {
	const raw = new Raw(server.port);
	raw.write(post('/echo', 'Content-Length: 5\r\nExpect: 100-continue\r\n'));
	await raw.until((r) => r.bytes.includes('HTTP/1.1 100 Continue\r\n\r\n'), '100 Continue');
	raw.write('hello');
	const answers = await raw.answers(2);
	raw.end();
	assert.deepEqual(answers.map((a) => a.status), [100, 200]);
	for (const [target, size, status] of [['/echo', BODY_MAX + 1, 413], ['/refuse', 5, 429]]) {
		const no = new Raw(server.port);
		no.write(post(target, `Content-Length: ${size}\r\nExpect: 100-continue\r\n`));
		const [a] = await no.answers(1);
		no.end();
		assert.equal(a.status, status);
	}
});

test('what begin refuses is answered without reading the body', async () => {
	const { answers } = await exchange(server.port, post('/refuse', 'Content-Length: 100000\r\n', 'x'));
	assert.deepEqual(answers.map((a) => [a.status, a.headers['content-type']]), [[429, 'application/problem+json']]);
});

test('1,000 requests on one connection', async () => {
	const before = (await counts(server.port)).connections;
	const raw = new Raw(server.port);
	for (let i = 0; i < 1000; i++) {
		raw.write('GET /hello HTTP/1.1\r\nHost: a\r\n\r\n');
		await raw.until((r) => r.bytes.includes('\r\n\r\nhello'), 'answer');
		raw.bytes = Buffer.alloc(0);
	}
	raw.end();
	assert.equal((await counts(server.port)).connections, before + 2);
});

test('HTTP/1.0 and Connection: close end the connection, keep-alive does not', async () => {
	assert.equal((await exchange(server.port, 'GET /hello HTTP/1.0\r\nHost: a\r\n\r\n')).answers[0].body, 'hello');
	assert.equal((await get(server.port, '/hello')).body, 'hello');
	const raw = new Raw(server.port);
	raw.write('GET /hello HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n');
	await raw.answers(1);
	raw.write('GET /hello HTTP/1.0\r\nHost: a\r\n\r\n');
	assert.equal((await raw.answers(2)).length, 2);
	raw.end();
});

test('HEAD answers like GET without the body', async () => {
	for (const target of ['/hello', '/late', '/static/desk/', `/file?p=${dir}/data`, '/nothing']) {
		const g = await get(server.port, target);
		const raw = new Raw(server.port);
		raw.write(`HEAD ${target} HTTP/1.1\r\nHost: a\r\n\r\nHEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n`);
		const [h, next] = await raw.answers(2, ['HEAD', 'HEAD']);
		raw.end();
		assert.equal(h.status, g.status);
		assert.equal(h.headers['content-length'], g.headers['content-length']);
		assert.equal(h.headers['content-type'], g.headers['content-type']);
		assert.equal(next.status, 200);
	}
});

test('200 late answers at once, in work threads, all come', async () => {
	const all = await Promise.all(Array(200).fill(0).map(() => get(server.port, '/late')));
	assert.ok(all.every((a) => a.body === 'late'));
});

test('a client that leaves before its late answer harms nobody', async () => {
	for (let i = 0; i < 50; i++) {
		const raw = new Raw(server.port);
		raw.write('GET /late HTTP/1.1\r\nHost: a\r\n\r\n');
		await within(5000, 'connect', raw.opened);
		raw.socket.resetAndDestroy();
	}
	assert.equal((await get(server.port, '/late')).body, 'late');
});

test('the Host never comes back', async () => {
	for (const target of ['/hello', '/nothing', '/static/', '/a/../b']) {
		const { bytes } = await exchange(server.port, `GET ${target} HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n`);
		assert.ok(!bytes.includes('evil.example'));
	}
});

test('cookies and query parameters reach the handler', async () => {
	assert.equal((await get(server.port, '/cookie', 'Cookie: a=b; sid=42; xsid=1\r\n')).body, '42');
	assert.equal((await get(server.port, '/query?x=1&q=a%26b')).body, 'a&b');
});

test('X-Forwarded-For is believed from the configured proxy only, and only its last foreign address', async () => {
	assert.equal((await get(server.port, '/peer', 'X-Forwarded-For: 9.9.9.9\r\n')).body, '127.0.0.1');
	const via = async (value) => {
		const raw = new Raw(server.port, { localAddress: '127.0.0.2' });
		raw.write(`GET /peer HTTP/1.1\r\nHost: a\r\n${value ? `X-Forwarded-For: ${value}\r\n` : ''}\r\n`);
		const [a] = await raw.answers(1);
		raw.end();
		return a.body;
	};
	assert.equal(await via(''), '127.0.0.2');
	assert.equal(await via('9.9.9.9'), '9.9.9.9');
	assert.equal(await via('1.1.1.1, 9.9.9.9'), '9.9.9.9');
	assert.equal(await via('9.9.9.9, 127.0.0.2'), '9.9.9.9');
	assert.equal(await via('2001:db8::1'), '2001:db8::1');
	assert.equal(await via('1.1.1.1, nonsense'), '127.0.0.2');
});

test('a file is sent in parts on request', async () => {
	const target = `/file?p=${dir}/data`;
	const part = (range, more = '') => get(server.port, target, `Range: ${range}\r\n${more}`);
	const whole = await get(server.port, target);
	assert.deepEqual([whole.status, whole.body, whole.headers['accept-ranges']], [200, '0123456789', 'bytes']);
	for (const [range, body, said] of [['bytes=0-3', '0123', 'bytes 0-3/10'], ['bytes=8-', '89', 'bytes 8-9/10'], ['bytes=-3', '789', 'bytes 7-9/10'],
		['bytes=5-100', '56789', 'bytes 5-9/10']]) {
		const a = await part(range);
		assert.deepEqual([a.status, a.body, a.headers['content-range']], [206, body, said]);
	}
	assert.equal((await part('bytes=10-')).status, 416);
	assert.equal((await part('bytes=10-')).headers['content-range'], 'bytes */10');
	for (const range of ['bytes=3-1', 'bytes=0-1,3-4', 'lines=1-2', 'bytes=a-b']) assert.equal((await part(range)).status, 200);
	assert.equal((await part('bytes=0-3', 'If-Range: "f1"\r\n')).status, 206);
	assert.equal((await part('bytes=0-3', 'If-Range: "f2"\r\n')).status, 200);
	assert.equal((await get(server.port, `/file?p=${dir}/none`)).status, 404);
});

test('static files: coding by weight, tag of each coding, caching by name', async () => {
	const asset = '/static/desk/assets/main-4fK2aX9_.js';
	const coded = async (accept) => (await get(server.port, asset, accept === null ? '' : `Accept-Encoding: ${accept}\r\n`)).headers['content-encoding'];
	assert.equal(await coded(null), undefined);
	assert.equal(await coded('gzip'), 'gzip');
	assert.equal(await coded('gzip, deflate, br'), 'br');
	assert.equal(await coded('br;q=0, gzip'), 'gzip');
	assert.equal(await coded('br;q=0, gzip;q=0'), undefined);
	assert.equal(await coded('br;q=0.1, gzip;q=0.9'), 'gzip');
	assert.equal(await coded('*'), 'br');
	assert.equal(await coded('*;q=0'), undefined);
	assert.equal(await coded('identity;q=1, br;q=0.5'), undefined);
	const plain = await get(server.port, asset), br = await get(server.port, asset, 'Accept-Encoding: br\r\n');
	assert.equal(plain.body, script);
	assert.equal(plain.headers['content-type'], 'text/javascript; charset=utf-8');
	assert.equal(plain.headers['x-content-type-options'], 'nosniff');
	assert.equal(plain.headers['cache-control'], 'public, max-age=31536000, immutable');
	assert.equal(plain.headers.vary, 'Accept-Encoding');
	assert.notEqual(plain.headers.etag, br.headers.etag);
	assert.match(plain.headers.etag, /^"[^"]+"$/);
	const tag = plain.headers.etag;
	for (const given of [tag, `W/${tag}`, `"x", ${tag}`, '*']) {
		const a = await get(server.port, asset, `If-None-Match: ${given}\r\n`);
		assert.deepEqual([a.status, a.headers.etag, a.headers.vary], [304, tag, 'Accept-Encoding']);
	}
	assert.equal((await get(server.port, asset, `If-None-Match: ${br.headers.etag}\r\n`)).status, 200);
	assert.equal((await get(server.port, '/static/desk/assets/form-validate.css')).headers['cache-control'], 'no-cache');
});

test('a 304 has no body: the next answer follows its head at once', async () => {
	const { headers: { etag } } = await get(server.port, '/static/');
	const raw = new Raw(server.port);
	raw.write(`GET /static/ HTTP/1.1\r\nHost: a\r\nIf-None-Match: ${etag}\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n`);
	const answers = await raw.answers(2);
	raw.end();
	assert.deepEqual(answers.map((a) => [a.status, a.body]), [[304, ''], [200, 'hello']]);
	assert.equal(parseAnswers(raw.bytes).rest.length, 0);
});

test('static files: pages, and what is not in the table is not there', async () => {
	const page = await get(server.port, '/static/desk/');
	assert.deepEqual([page.body, page.headers['cache-control'], page.headers.vary], ['<h1>desk</h1>', 'no-cache', undefined]);
	assert.equal((await get(server.port, '/static/')).body, '<h1>start</h1>');
	for (const target of ['/static/.secret', '/static/passwd', '/static/desk', '/static/desk/assets/', '/static/desk/assets/main-4fK2aX9_.js.gz',
		'/static//index.html', '/static/INDEX.html', '/static/index.html/'])
		assert.equal((await get(server.port, target)).status, 404, target);
	for (const target of ['/static/../data', '/static/%2e%2e/data', '/static/..%2fdata']) assert.equal((await get(server.port, target)).status, 400);
});

test('connections of one address are limited, WebSockets counted in', async () => {
	const few = await startEcho('--per-address', 5);
	const held = [];
	for (let i = 0; i < 3; i++) {
		const raw = new Raw(few.port);
		raw.write('GET /hello HTTP/1.1\r\nHost: a\r\n\r\n');
		await raw.answers(1);
		held.push(raw);
	}
	for (let i = 0; i < 2; i++) held.push(await RawWs.open(few.port));
	const extra = new Raw(few.port);
	extra.write('GET /hello HTTP/1.1\r\nHost: a\r\n\r\n');
	await within(5000, 'refusal', extra.closed);
	assert.equal(extra.bytes.length, 0);
	const other = new Raw(few.port, { localAddress: '127.0.0.3' });
	other.write('GET /hello HTTP/1.1\r\nHost: a\r\n\r\n');
	assert.equal((await other.answers(1))[0].status, 200);
	other.end();
	for (const h of held) h.end();
	await countsUntilFree(few.port);
	assert.equal((await few.stop()).code, 0);
});

// The address is free again once the server has seen its connections end.
async function countsUntilFree(port) {
	const end = Date.now() + 5000;
	for (;;) {
		const raw = new Raw(port);
		raw.write('GET /hello HTTP/1.1\r\nHost: a\r\n\r\n');
		const ok = await raw.answers(1).then(() => true, () => false);
		raw.end();
		if (ok) return;
		assert.ok(Date.now() < end, 'the address stays locked');
	}
}

test('a configured proxy is not held to the limit of one address', async () => {
	const few = await startEcho('--per-address', 1);
	const held = [];
	for (let i = 0; i < 3; i++) {
		const raw = new Raw(few.port, { localAddress: '127.0.0.2' });
		raw.write('GET /hello HTTP/1.1\r\nHost: a\r\n\r\n');
		assert.equal((await raw.answers(1))[0].status, 200);
		held.push(raw);
	}
	for (const h of held) h.end();
	assert.equal((await few.stop()).code, 0);
});

test('connections and WebSockets have a limit', async () => {
	const few = await startEcho('--connections', 4, '--websockets', 2);
	const a = await RawWs.open(few.port), b = await RawWs.open(few.port), c = await RawWs.open(few.port);
	assert.match(a.head + b.head, /101.*101/s);
	assert.match(c.head, /^HTTP\/1\.1 503 /);
	c.end();
	a.end();
	b.end();
	await countsUntil(few.port, (x) => x.websockets_open === 0, 'WebSockets gone');
	const d = await RawWs.open(few.port);
	assert.match(d.head, /101/);
	d.end();
	assert.equal((await few.stop()).code, 0);
});

test('SIGTERM: the answer in hand goes out, WebSockets get 1001, idle connections end, new ones are refused', async () => {
	const s = await startEcho('--grace-ms', 5000);
	const idle = new Raw(s.port), busy = new Raw(s.port), ws = await RawWs.open(s.port);
	idle.write('GET /hello HTTP/1.1\r\nHost: a\r\n\r\n');
	await idle.answers(1);
	const begun = (await counts(s.port)).begun;
	busy.write('GET /late HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(3));
	await countsUntil(s.port, (c) => c.begun > begun + 1, 'late requests begun');
	s.signal('SIGTERM');
	assert.equal((await ws.next()).code, 1001);
	ws.write(frame(CLOSE, Buffer.from([3, 233])));
	await within(5000, 'idle connection', idle.closed);
	await within(5000, 'busy connection', busy.closed);
	assert.ok(parseAnswers(busy.bytes).answers.length >= 1);
	const { code, out } = await within(8000, 'end', s.ended);
	assert.equal(code, 0);
	assert.match(out, /ended opened=1 closed=1/);
});

test('SIGTERM with a request that is never answered ends after the grace with 503', async () => {
	const s = await startEcho('--grace-ms', 300);
	const raw = new Raw(s.port);
	const ws = await RawWs.open(s.port);
	raw.write('GET /never HTTP/1.1\r\nHost: a\r\n\r\n');
	await countsUntil(s.port, (c) => c.begun >= 3, 'request begun');
	const { code, out } = await s.stop();
	assert.equal(code, 0);
	assert.match(out, /ended opened=1 closed=1/);
	assert.deepEqual(parseAnswers(raw.bytes).answers.map((a) => a.status), [503]);
	ws.end();
});

test('node\'s own client agrees', async () => {
	const agent = new http.Agent({ keepAlive: true });
	for (let i = 0; i < 20; i++) {
		const body = await within(5000, 'answer', new Promise((yes, no) => {
			const r = http.request({ port: server.port, host: '127.0.0.1', path: '/echo', method: 'POST', agent }, (res) => {
				let text = '';
				res.on('data', (d) => (text += d)).on('end', () => yes(text));
			});
			r.on('error', no).end('x'.repeat(i * 1000));
		}));
		assert.equal(body.length, i * 1000);
	}
	agent.destroy();
	const echo = await RawWs.open(server.port);
	echo.write(frame(TEXT, 'a'));
	assert.equal(await echo.nextText(), 'a');
	echo.end();
});
