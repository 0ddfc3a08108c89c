// RFC 6455: what must work works, what must be refused is refused with the right code.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { counts, countsUntil, get, Raw, startEcho } from './echo.mjs';
import { BINARY, CLOSE, closeData, CONT, frame, handshake, PING, PONG, RawWs, TEXT } from './rawws.mjs';

const MESSAGE_MAX = 100000;
let server;
before(async () => (server = await startEcho('--message-max', MESSAGE_MAX)));
after(async () => {
	const { code, err, out } = await server.stop();
	assert.equal(code, 0, err + out);
	assert.doesNotMatch(err, /Sanitizer|runtime error/);
});

const big = (n) => 'x'.repeat(n);
const euro = Buffer.from('\u20ac\u{1f600}');

// Sent frames; echoed [opcode, data] in order.
const works = {
	'empty text': [[frame(TEXT, '')], [[TEXT, '']]],
	'one character': [[frame(TEXT, 'a')], [[TEXT, 'a']]],
	'125 bytes': [[frame(TEXT, big(125))], [[TEXT, big(125)]]],
	'126 bytes': [[frame(TEXT, big(126))], [[TEXT, big(126)]]],
	'127 bytes': [[frame(TEXT, big(127))], [[TEXT, big(127)]]],
	'65535 bytes': [[frame(TEXT, big(65535))], [[TEXT, big(65535)]]],
	'65536 bytes': [[frame(TEXT, big(65536))], [[TEXT, big(65536)]]],
	'largest message': [[frame(TEXT, big(MESSAGE_MAX))], [[TEXT, big(MESSAGE_MAX)]]],
	'empty binary': [[frame(BINARY, '')], [[BINARY, '']]],
	'binary of all bytes': [[frame(BINARY, Buffer.from([...Array(256).keys()]))], [[BINARY, Buffer.from([...Array(256).keys()]).toString('latin1')]]],
	'UTF-8 of 3 and 4 bytes': [[frame(TEXT, euro)], [[TEXT, euro.toString()]]],
	'UTF-8 split over fragments': [[frame(TEXT, euro.subarray(0, 1), { fin: false }), frame(CONT, euro.subarray(1, 5), { fin: false }), frame(CONT, euro.subarray(5))], [[TEXT, euro.toString()]]],
	'largest code point': [[frame(TEXT, '\u{10ffff}')], [[TEXT, '\u{10ffff}']]],
	'NUL in text': [[frame(TEXT, 'a\0b')], [[TEXT, 'a\0b']]],
	'two fragments': [[frame(TEXT, 'he', { fin: false }), frame(CONT, 'llo')], [[TEXT, 'hello']]],
	'three fragments': [[frame(TEXT, 'h', { fin: false }), frame(CONT, 'ell', { fin: false }), frame(CONT, 'o')], [[TEXT, 'hello']]],
	'empty fragments': [[frame(TEXT, '', { fin: false }), frame(CONT, '', { fin: false }), frame(CONT, '')], [[TEXT, '']]],
	'empty last fragment': [[frame(TEXT, 'a', { fin: false }), frame(CONT, '')], [[TEXT, 'a']]],
	'binary fragments': [[frame(BINARY, 'a', { fin: false }), frame(CONT, 'b')], [[BINARY, 'ab']]],
	'20 fragments': [[frame(TEXT, 'a', { fin: false }), ...Array(18).fill(0).map(() => frame(CONT, 'a', { fin: false })), frame(CONT, 'a')], [[TEXT, big(20).replaceAll('x', 'a')]]],
	'ping': [[frame(PING, 'p')], [[PONG, 'p']]],
	'empty ping': [[frame(PING, '')], [[PONG, '']]],
	'ping of 125 bytes': [[frame(PING, big(125))], [[PONG, big(125)]]],
	'ping with binary data': [[frame(PING, Buffer.from([0, 255, 128]))], [[PONG, '\0\xff\x80']]],
	'ten pings': [Array(10).fill(0).map((_, i) => frame(PING, `${i}`)), Array(10).fill(0).map((_, i) => [PONG, `${i}`])],
	'pong nobody asked for': [[frame(PONG, 'x'), frame(TEXT, 'a')], [[TEXT, 'a']]],
	'ping between fragments': [[frame(TEXT, 'a', { fin: false }), frame(PING, 'p'), frame(CONT, 'b')], [[TEXT, 'ab'], [PONG, 'p']]],
	'two messages in one write': [[frame(TEXT, 'a'), frame(TEXT, 'b')], [[TEXT, 'a'], [TEXT, 'b']]],
	'text then binary': [[frame(TEXT, 'a'), frame(BINARY, 'b')], [[TEXT, 'a'], [BINARY, 'b']]],
};

for (const [name, [sent, expected]] of Object.entries(works)) {
	for (const how of ['at once', 'in pieces']) {
		test(`works: ${name}, ${how}`, async () => {
			const ws = await RawWs.open(server.port);
			const bytes = Buffer.concat(sent);
			if (how === 'at once') {
				ws.write(bytes);
			} else {
				const step = Math.max(1, Math.ceil(bytes.length / 40));
				for (let i = 0; i < bytes.length; i += step) {
					ws.write(bytes.subarray(i, i + step));
					await new Promise((yes) => setImmediate(yes));
				}
			}
			const got = [];
			while (got.length < expected.length) got.push(await ws.next());
			// A pong may pass a message.
			const pongs = (list, op) => [...list.filter((x) => op(x) === PONG), ...list.filter((x) => op(x) !== PONG)];
			const frames = pongs(got, (f) => f.opcode);
			for (const [opcode, data] of pongs(expected, (e) => e[0])) {
				const f = frames.shift();
				assert.equal(f.opcode, opcode);
				assert.equal(opcode === TEXT ? f.data.toString('utf8') : f.data.toString('latin1'), data);
				assert.ok(f.fin && !f.masked && f.rsv === 0);
			}
			ws.write(frame(CLOSE, closeData(1000)));
			const rest = await ws.rest();
			assert.deepEqual(rest.map((f) => [f.opcode, f.code]), [[CLOSE, 1000]]);
		});
	}
}

// Sent; the code it is closed with.
const refused = {
	'unmasked text': [[frame(TEXT, 'a', { masked: false })], 1002],
	'unmasked ping': [[frame(PING, '', { masked: false })], 1002],
	'unmasked close': [[frame(CLOSE, '', { masked: false })], 1002],
	'reserved bit 1': [[frame(TEXT, 'a', { rsv: 4 })], 1002],
	'reserved bit 2': [[frame(TEXT, 'a', { rsv: 2 })], 1002],
	'reserved bit 3': [[frame(TEXT, 'a', { rsv: 1 })], 1002],
	'reserved bits on a ping': [[frame(PING, 'a', { rsv: 7 })], 1002],
	'fragmented ping': [[frame(PING, 'a', { fin: false })], 1002],
	'fragmented close': [[frame(CLOSE, closeData(1000), { fin: false })], 1002],
	'ping of 126 bytes': [[frame(PING, big(126))], 1002],
	'close of 126 bytes': [[frame(CLOSE, closeData(1000, big(124)))], 1002],
	'continuation of nothing': [[frame(CONT, 'a')], 1002],
	'continuation of nothing, open': [[frame(CONT, 'a', { fin: false })], 1002],
	'continuation after the end': [[frame(TEXT, 'a', { fin: false }), frame(CONT, 'b'), frame(CONT, 'c')], 1002],
	'text within a text': [[frame(TEXT, 'a', { fin: false }), frame(TEXT, 'b')], 1002],
	'binary within a text': [[frame(TEXT, 'a', { fin: false }), frame(BINARY, 'b')], 1002],
	'length 5 written in 16 bits': [[frame(TEXT, 'hello', { wide: 16 })], 1002],
	'length 5 written in 64 bits': [[frame(TEXT, 'hello', { wide: 64 })], 1002],
	'ping length in 16 bits': [[frame(PING, 'hello', { wide: 16 })], 1002],
	'lone continuation byte': [[frame(TEXT, Buffer.from([0x80]))], 1007],
	'cut UTF-8': [[frame(TEXT, euro.subarray(0, 2))], 1007],
	'cut UTF-8 over fragments': [[frame(TEXT, euro.subarray(0, 1), { fin: false }), frame(CONT, 'a')], 1007],
	'bad UTF-8 in the second fragment': [[frame(TEXT, 'ok', { fin: false }), frame(CONT, Buffer.from([0xff]))], 1007],
	'overlong slash': [[frame(TEXT, Buffer.from([0xc0, 0xaf]))], 1007],
	'overlong NUL': [[frame(TEXT, Buffer.from([0xe0, 0x80, 0x80]))], 1007],
	'surrogate': [[frame(TEXT, Buffer.from([0xed, 0xa0, 0x80]))], 1007],
	'beyond U+10FFFF': [[frame(TEXT, Buffer.from([0xf4, 0x90, 0x80, 0x80]))], 1007],
	'byte fe': [[frame(TEXT, Buffer.from([0xfe]))], 1007],
	'bad UTF-8 in a close reason': [[frame(CLOSE, Buffer.concat([closeData(1000), Buffer.from([0xff])]))], 1007],
	'close of one byte': [[frame(CLOSE, 'a')], 1002],
	'message one byte too long': [[frame(TEXT, big(MESSAGE_MAX + 1))], 1009],
	'message too long, announced': [[frame(TEXT, 'a', { length: 2 ** 40 })], 1009],
	'message too long over fragments': [[frame(BINARY, big(MESSAGE_MAX), { fin: false }), frame(CONT, 'ab')], 1009],
	'100 fragments': [[frame(TEXT, '', { fin: false }), ...Array(99).fill(0).map(() => frame(CONT, '', { fin: false }))], 1008],
	'a flood of pings': [Array(400).fill(0).map(() => frame(PING, 'p')), 1008],
	'a flood of pongs': [Array(400).fill(0).map(() => frame(PONG, 'p')), 1008],
};
for (const o of [3, 4, 5, 6, 7, 11, 12, 13, 14, 15]) refused[`opcode ${o}`] = [[frame(o, 'a')], 1002];
for (const c of [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535])
	refused[`close code ${c}`] = [[frame(CLOSE, closeData(c))], 1002];

for (const [name, [sent, code]] of Object.entries(refused)) {
	test(`refused with ${code}: ${name}`, async () => {
		const ws = await RawWs.open(server.port);
		ws.write(...sent, frame(TEXT, 'afterwards'));
		const rest = (await ws.rest()).filter((f) => f.opcode !== PONG && f.data.toString() !== 'ab');
		assert.deepEqual(rest.map((f) => [f.opcode, f.code]), [[CLOSE, code]]);
	});
}

for (const c of [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999]) {
	test(`close code ${c} is answered in kind`, async () => {
		const ws = await RawWs.open(server.port);
		ws.write(frame(CLOSE, closeData(c, 'bye')));
		assert.deepEqual((await ws.rest()).map((f) => [f.opcode, f.code]), [[CLOSE, c]]);
	});
}

test('close without a code is answered, and what follows it is not', async () => {
	const ws = await RawWs.open(server.port);
	ws.write(frame(CLOSE), frame(TEXT, 'afterwards'));
	assert.deepEqual((await ws.rest()).map((f) => f.opcode), [CLOSE]);
});

test('the handshake answers with the key\'s digest and no extension', async () => {
	const ws = await RawWs.open(server.port, { 'Sec-WebSocket-Extensions': 'permessage-deflate' });
	assert.match(ws.head, /^HTTP\/1\.1 101 /);
	assert.ok(ws.head.includes(`Sec-WebSocket-Accept: ${ws.accept}`));
	assert.match(ws.head, /Upgrade: websocket/);
	assert.doesNotMatch(ws.head, /Extensions|Server:/i);
	ws.end();
});

test('frames sent along with the handshake are not lost', async () => {
	const ws = await RawWs.open(server.port, {}, Buffer.concat([frame(TEXT, 'early'), frame(TEXT, 'bird')]));
	assert.equal(await ws.nextText(), 'early');
	assert.equal(await ws.nextText(), 'bird');
	ws.end();
});

for (const [name, headers] of Object.entries({
	'Connection with several tokens': { Connection: 'keep-alive, Upgrade' },
	'Upgrade in capitals': { Upgrade: 'WebSocket' },
	'an Origin': { Origin: 'https://example.org' },
})) {
	test(`handshake taken with ${name}`, async () => {
		const ws = await RawWs.open(server.port, headers);
		assert.match(ws.head, /^HTTP\/1\.1 101 /);
		ws.write(frame(TEXT, 'a'));
		assert.equal(await ws.nextText(), 'a');
		ws.end();
	});
}

const key = Buffer.alloc(16).toString('base64');
for (const [name, headers, status] of [
	['no Upgrade', { Upgrade: null }, 426],
	['another Upgrade', { Upgrade: 'h2c' }, 426],
	['no Connection', { Connection: null }, 426],
	['Connection without upgrade', { Connection: 'keep-alive' }, 426],
	['no version', { 'Sec-WebSocket-Version': null }, 426],
	['version 8', { 'Sec-WebSocket-Version': '8' }, 426],
	['version 14', { 'Sec-WebSocket-Version': '14' }, 426],
	['no key', { 'Sec-WebSocket-Key': null }, 400],
	['a short key', { 'Sec-WebSocket-Key': 'AAAA' }, 400],
	['a long key', { 'Sec-WebSocket-Key': `${key}AAAA` }, 400],
	['a key that is no base64', { 'Sec-WebSocket-Key': '!'.repeat(22) + '==' }, 400],
	['a key of 18 bytes', { 'Sec-WebSocket-Key': 'A'.repeat(24) }, 400],
	['a body', { 'Content-Length': '1' }, 400],
	['two Hosts', { Host: 'a\r\nHost: b' }, 400],
]) {
	test(`handshake refused: ${name}`, async () => {
		const raw = new Raw(server.port);
		raw.write(`${handshake(headers).text}x`);
		const [a] = await raw.answers(1);
		raw.end();
		assert.equal(a.status, status);
		assert.equal(a.headers['content-type'], 'application/problem+json');
		if (status === 426) assert.equal(a.headers['sec-websocket-version'], '13');
	});
}

test('POST does not become a WebSocket', async () => {
	const raw = new Raw(server.port);
	raw.write(handshake({ 'Content-Length': 0 }).text.replace('GET', 'POST'));
	assert.equal((await raw.answers(1))[0].status, 400);
	raw.end();
});

test('a header bomb in the handshake is 431', async () => {
	const raw = new Raw(server.port);
	raw.write(handshake({ X: 'a\r\nX: a'.repeat(3000) }).text);
	assert.equal((await raw.answers(1))[0].status, 431);
	raw.end();
});

test('where only text is wanted, a binary message is closed with 1003', async () => {
	const text = await startEcho('--binary', 0);
	const ws = await RawWs.open(text.port);
	ws.write(frame(TEXT, 'a'), frame(BINARY, 'b'));
	assert.deepEqual((await ws.rest()).map((f) => f.code ?? f.data.toString()), ['a', 1003]);
	assert.equal((await text.stop()).code, 0);
});

test('the server\'s close carries code and reason and waits for the answer', async () => {
	const ws = await RawWs.open(server.port);
	ws.write(frame(TEXT, '!close'));
	const f = await ws.next();
	assert.equal(f.code, 4001);
	assert.equal(f.data.subarray(2).toString(), 'asked for');
	ws.write(frame(CLOSE, closeData(4001)));
	assert.deepEqual(await ws.rest(), []);
});

test('many small messages of one turn leave together', async () => {
	const ws = await RawWs.open(server.port);
	let chunks = 0;
	ws.raw.socket.on('data', () => chunks++);
	ws.write(frame(TEXT, '!burst'));
	for (let i = 0; i < 100; i++) assert.equal(await ws.nextText(), 'small');
	assert.ok(chunks <= 3, `${chunks} reads for 100 messages`);
	ws.end();
});

test('a socket that vanishes is forgotten, each is told closed once', async () => {
	const sockets = await Promise.all(Array(20).fill(0).map(() => RawWs.open(server.port)));
	assert.ok((await counts(server.port)).websockets_open >= 20);
	for (const ws of sockets) ws.raw.socket.resetAndDestroy();
	const c = await countsUntil(server.port, (x) => x.websockets_open === 0, 'sockets gone');
	assert.equal(c.opened, c.closed);
	assert.equal((await get(server.port, '/hello')).status, 200);
});
