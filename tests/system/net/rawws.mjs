// A WebSocket client that may do everything wrong.
import crypto from 'node:crypto';
import { Raw, within } from './echo.mjs';

export const TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10, CONT = 0;

// One client frame. Options: fin, rsv, masked, length (a lie), wide (16 or 64: length written wider than needed).
export function frame(opcode, data = '', options = {}) {
	const { fin = true, rsv = 0, masked = true, length, wide = 0 } = options;
	const body = Buffer.from(data);
	const n = length ?? body.length;
	const head = [(fin ? 0x80 : 0) | (rsv << 4) | opcode];
	const bit = masked ? 0x80 : 0;
	if (wide === 64 || n > 65535) {
		const wideLength = Buffer.alloc(8);
		wideLength.writeBigUInt64BE(BigInt(n));
		head.push(bit | 127, ...wideLength);
	} else if (wide === 16 || n > 125) {
		head.push(bit | 126, n >> 8, n & 255);
	} else {
		head.push(bit | n);
	}
	if (!masked) return Buffer.concat([Buffer.from(head), body]);
	const mask = crypto.randomBytes(4);
	const out = Buffer.from(body);
	for (let i = 0; i < out.length; i++) out[i] ^= mask[i & 3];
	return Buffer.concat([Buffer.from(head), mask, out]);
}

export function closeData(code, reason = '') {
	const b = Buffer.alloc(2);
	b.writeUInt16BE(code);
	return Buffer.concat([b, Buffer.from(reason)]);
}

export function handshake(headers = {}) {
	const all = {
		Host: 'a',
		Upgrade: 'websocket',
		Connection: 'Upgrade',
		'Sec-WebSocket-Key': crypto.randomBytes(16).toString('base64'),
		'Sec-WebSocket-Version': '13',
		...headers,
	};
	const lines = Object.entries(all).filter(([, v]) => v !== null).map(([k, v]) => `${k}: ${v}\r\n`);
	return { text: `GET /ws HTTP/1.1\r\n${lines.join('')}\r\n`, key: all['Sec-WebSocket-Key'] };
}

// Complete server frames at the front of those bytes.
export function parseFrames(bytes) {
	const frames = [];
	let at = 0;
	while (bytes.length >= at + 2) {
		let n = bytes[at + 1] & 127, head = 2;
		if (n === 126) {
			if (bytes.length < at + 4) break;
			n = bytes.readUInt16BE(at + 2);
			head = 4;
		} else if (n === 127) {
			if (bytes.length < at + 10) break;
			n = Number(bytes.readBigUInt64BE(at + 2));
			head = 10;
		}
		if (bytes.length < at + head + n) break;
		const data = bytes.subarray(at + head, at + head + n);
		const f = { fin: !!(bytes[at] & 0x80), rsv: (bytes[at] >> 4) & 7, opcode: bytes[at] & 15, masked: !!(bytes[at + 1] & 128), data };
		if (f.opcode === CLOSE) f.code = n >= 2 ? data.readUInt16BE(0) : 1005;
		frames.push(f);
		at += head + n;
	}
	return { frames, used: at };
}

export class RawWs {
	static async open(port, headers = {}, early = Buffer.alloc(0)) {
		const ws = new RawWs();
		const { text, key } = handshake(headers);
		ws.frames = [];
		ws.at = 0;
		ws.raw = new Raw(port);
		ws.raw.write(Buffer.concat([Buffer.from(text, 'latin1'), early]));
		await ws.raw.until((r) => r.bytes.includes('\r\n\r\n'), 'handshake');
		const end = ws.raw.bytes.indexOf('\r\n\r\n');
		ws.head = ws.raw.bytes.subarray(0, end).toString('latin1');
		ws.raw.bytes = ws.raw.bytes.subarray(end + 4);
		ws.accept = crypto.createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
		return ws;
	}
	write(...buffers) {
		this.raw.write(Buffer.concat(buffers));
		return this;
	}
	parse() {
		const { frames, used } = parseFrames(this.raw.bytes);
		this.frames.push(...frames);
		this.raw.bytes = this.raw.bytes.subarray(used);
	}
	// The next frame.
	async next(ms = 5000) {
		await this.raw.until(() => {
			this.parse();
			return this.frames.length > this.at;
		}, 'frame', ms);
		return this.frames[this.at++];
	}
	async nextText(ms) {
		return (await this.next(ms)).data.toString('utf8');
	}
	// All frames until the server ends the connection.
	async rest(ms = 8000) {
		await within(ms, 'end of the WebSocket', this.raw.closed);
		this.parse();
		const frames = this.frames.slice(this.at);
		this.raw.end();
		return frames;
	}
	pause() {
		this.raw.socket.pause();
	}
	resume() {
		this.raw.socket.resume();
	}
	end() {
		this.raw.end();
	}
}
