// The echo for conformance suites: only with --conformance, only for this machine; big and finely cut messages come back whole.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import WebSocket from 'ws';
import { Segue, deadline, demoData } from './lib/segue.mjs';

let segue;

before(async () => {
	segue = await new Segue(demoData(), { args: ['--conformance'] }).start();
});
after(() => segue?.end());

async function open(url) {
	const ws = new WebSocket(url.replace('http', 'ws') + '/conformance/ws');
	await deadline(once(ws, 'open'), 5000, 'handshake');
	return ws;
}

for (const [what, size, binary] of [['nothing', 0, false], ['text', 65536, false], ['bytes', 4 << 20, true]]) {
	test(`${what} of ${size} bytes comes back`, async () => {
		const ws = await open(segue.url);
		const sent = binary ? crypto.randomBytes(size) : Buffer.alloc(size, 'x');
		ws.send(binary ? sent : sent.toString());
		const [got, isBinary] = await deadline(once(ws, 'message'), 20000, 'echo');
		assert.equal(isBinary, binary);
		assert.ok(Buffer.from(got).equals(sent));
		ws.close(1000);
		assert.equal((await deadline(once(ws, 'close'), 5000, 'close'))[0], 1000);
	});
}

test('a message in 4,000 fragments comes back whole', async () => {
	const ws = await open(segue.url);
	for (let i = 0; i < 4000; i++) ws.send('0123456789abcdef', { fin: i === 3999 });
	const [got] = await deadline(once(ws, 'message'), 20000, 'echo');
	assert.equal(got.length, 64000);
	ws.close();
});

test('without --conformance there is no echo', async () => {
	const plain = await new Segue(demoData()).start();
	try {
		const res = await fetch(plain.url + '/conformance/ws');
		assert.equal(res.status, 404);
	} finally {
		await plain.end();
	}
});
