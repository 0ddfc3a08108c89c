// The live connection (schema/api/live.md). Knows sockets and time, not what the frames mean: that is reducer.ts.
import { ApiError, call, signedInUrl } from './api';
import { newId } from './ids';
import { Store } from './store';
import type { Readable } from './store';
import type { CommandName, Params, Problem, Result, ServerFrame, Session } from './types';

export type LiveStatus = 'live' | 'connecting' | 'offline';
export interface SocketLike {
	onopen: ((event: never) => void) | null;
	onmessage: ((event: { data: unknown }) => void) | null;
	onclose: ((event: { code: number }) => void) | null;
	onerror: ((event: never) => void) | null;
	send(text: string): void;
	close(code?: number): void;
}
/** What is outside: the tests bring their own. */
export interface LiveWorld {
	open(): SocketLike;
	random(): number;
	setTimer(run: () => void, ms: number): unknown;
	clearTimer(timer: unknown): void;
	online(): boolean;
	/** Asked when a connection fails before `hello`: a browser does not tell a 401 from a dead server. */
	probe?(): Promise<'ok' | 'signed_out' | 'unreachable'>;
}
export interface LiveOptions {
	world?: LiveWorld;
	onSignedOut?: (reason: string) => void;
	onSession?: (session: Session) => void;
}
type Handler = (frame: ServerFrame) => void;
interface Watched {
	handlers: Set<Handler>;
	after: number | undefined;
}
interface Pending {
	text: string;
	tries: number;
	resolve(result: unknown): void;
	reject(error: unknown): void;
}

const PING_MS = 20_000;
const PONG_MS = 10_000;
const HELLO_MS = 10_000;
const BACKOFF_MS = 500;
const BACKOFF_MAX_MS = 20_000;
const OFFLINE_AFTER = 2;
const TRIES_MAX = 6;
const PENDING_MAX = 500;

export function liveUrl(location: { protocol: string; host: string }): string {
	return signedInUrl(`${location.protocol === 'https:' ? 'wss:' : 'ws:'}//${location.host}/api/v1/live`);
}

function browserWorld(): LiveWorld {
	return {
		open: () => new WebSocket(liveUrl(location)) as unknown as SocketLike,
		random: Math.random,
		setTimer: (run, ms) => setTimeout(run, ms),
		clearTimer: (timer) => clearTimeout(timer as number),
		online: () => navigator.onLine,
		async probe() {
			try {
				return (await call('get_session')).role ? 'ok' : 'signed_out';
			} catch {
				return 'unreachable';
			}
		},
	};
}

export class Live {
	readonly status: Readable<LiveStatus>;
	#status = new Store<LiveStatus>('connecting');
	#world: LiveWorld;
	#options: LiveOptions;
	#socket: SocketLike | null = null;
	#ready = false;
	#running = false;
	#failures = 0;
	#timer: unknown = null;
	#watched = new Map<string, Watched>();
	#pending = new Map<string, Pending>();

	constructor(options: LiveOptions = {}) {
		this.#options = options;
		this.#world = options.world ?? browserWorld();
		this.status = this.#status;
	}

	start(): void {
		if (this.#running) return;
		this.#running = true;
		if (typeof window !== 'undefined') {
			window.addEventListener('online', this.wake);
			window.addEventListener('offline', this.#lost);
			document.addEventListener('visibilitychange', this.#seen);
		}
		this.#open();
	}

	stop(): void {
		this.#running = false;
		if (typeof window !== 'undefined') {
			window.removeEventListener('online', this.wake);
			window.removeEventListener('offline', this.#lost);
			document.removeEventListener('visibilitychange', this.#seen);
		}
		this.#drop();
		for (const pending of this.#pending.values()) pending.reject(new ApiError({ status: 0, code: 'stopped', detail: 'The connection was closed.' }));
		this.#pending.clear();
		this.#watched.clear();
		this.#status.set('offline');
	}

	/** Try again now: the network came back, or somebody pressed "Try again". */
	wake = (): void => {
		if (!this.#running || this.#ready) return;
		this.#drop();
		this.#open();
	};

	/** Sends a command; kept and sent again by the same id until it is answered. */
	command<N extends CommandName>(name: N, params: Params<N>, id: string = newId()): Promise<Result<N>> {
		return new Promise<Result<N>>((resolve, reject) => {
			if (this.#pending.size >= PENDING_MAX) {
				reject(new ApiError({ status: 0, code: 'too_many', detail: 'Too much is waiting to be sent. Check your connection.' }));
				return;
			}
			const text = JSON.stringify({ type: 'command', id, name, params });
			this.#pending.set(id, { text, tries: 0, resolve: resolve as (result: unknown) => void, reject });
			if (this.#ready) this.#socket?.send(text);
		});
	}

	/** Sends a command that is worth nothing later (typing): dropped when there is no connection, its answer ignored. */
	hint<N extends CommandName>(name: N, params: Params<N>): void {
		if (this.#ready) this.#socket?.send(JSON.stringify({ type: 'command', id: newId(), name, params }));
	}

	/** Watches a topic; after a reconnect it goes on behind the last event seen. Returns the way to stop. */
	watch(topic: string, handler: Handler, after?: number): () => void {
		let watched = this.#watched.get(topic);
		if (watched) {
			if (after !== undefined && (watched.after === undefined || after < watched.after)) watched.after = after;
		} else {
			watched = { handlers: new Set(), after: after ?? (topic.startsWith('interaction:') ? 0 : undefined) };
			this.#watched.set(topic, watched);
		}
		watched.handlers.add(handler);
		if (this.#ready) this.#sendWatch(topic, watched);
		return () => this.#unwatch(topic, handler);
	}

	#unwatch(topic: string, handler: Handler): void {
		const watched = this.#watched.get(topic);
		if (!watched?.handlers.delete(handler) || watched.handlers.size > 0) return;
		this.#watched.delete(topic);
		if (this.#ready) this.#socket?.send(JSON.stringify({ type: 'unwatch', topic }));
	}

	#sendWatch(topic: string, watched: Watched): void {
		this.#socket?.send(JSON.stringify({ type: 'watch', topic, after: watched.after }));
	}

	#open(): void {
		if (!this.#world.online()) {
			this.#status.set('offline');
			this.#later(() => this.#open(), BACKOFF_MAX_MS);
			return;
		}
		if (this.#status.get() !== 'offline') this.#status.set('connecting');
		let socket: SocketLike;
		try {
			socket = this.#world.open();
		} catch {
			this.#closed(0);
			return;
		}
		this.#socket = socket;
		socket.onmessage = (event) => {
			if (socket === this.#socket) this.#received(event.data);
		};
		socket.onclose = (event) => {
			if (socket === this.#socket) this.#closed(event.code);
		};
		this.#later(() => this.#closed(0), HELLO_MS);
	}

	/** Lets the socket go without waiting for its close: a dead network never tells. */
	#drop(): void {
		const socket = this.#socket;
		this.#socket = null;
		this.#ready = false;
		this.#world.clearTimer(this.#timer);
		if (socket) {
			socket.onmessage = socket.onclose = null;
			try {
				socket.close();
			} catch {
				// Closed already.
			}
		}
	}

	#lost = (): void => {
		if (!this.#running) return;
		this.#drop();
		this.#status.set('offline');
		this.#later(() => this.#open(), BACKOFF_MAX_MS);
	};

	#seen = (): void => {
		if (document.visibilityState !== 'visible') return;
		if (this.#ready) this.#ping();
		else this.wake();
	};

	#closed(code: number): void {
		const wasReady = this.#ready;
		this.#drop();
		if (!this.#running) return;
		this.#failures = wasReady ? 0 : this.#failures + 1;
		this.#status.set(this.#failures >= OFFLINE_AFTER || !this.#world.online() ? 'offline' : 'connecting');
		const backoff = Math.min(BACKOFF_MAX_MS, BACKOFF_MS * 2 ** Math.min(this.#failures, 10));
		// Jitter, so that a restarted server is not met by everybody at once. Asked to slow down (1008): the longest wait.
		const wait = (code === 1008 ? BACKOFF_MAX_MS : backoff) * (0.5 + this.#world.random() / 2);
		this.#later(() => this.#open(), wait);
		if (!wasReady && this.#world.probe) void this.#world.probe().then((found) => found === 'signed_out' && this.#signedOut('signed_out'));
	}

	#signedOut(reason: string): void {
		if (!this.#running) return;
		this.stop();
		this.#options.onSignedOut?.(reason);
	}

	#later(run: () => void, ms: number): void {
		this.#world.clearTimer(this.#timer);
		this.#timer = this.#world.setTimer(run, ms);
	}

	#ping(): void {
		this.#socket?.send('{"type":"ping"}');
		this.#later(() => this.#closed(0), PONG_MS);
	}

	#received(data: unknown): void {
		let frame: ServerFrame;
		try {
			frame = JSON.parse(String(data)) as ServerFrame;
		} catch {
			return;
		}
		// Any frame proves the line is alive.
		if (this.#ready) this.#later(() => this.#ping(), PING_MS);
		if (frame.type === 'hello') this.#hello(frame.session);
		else if (frame.type === 'ack') this.#answered(frame.id)?.resolve(frame.result);
		else if (frame.type === 'error') this.#refused(frame.id, frame.problem);
		else if (frame.type === 'bye') this.#bye(frame.reason);
		else if ('topic' in frame) this.#deliver(frame);
	}

	#hello(session: Session): void {
		this.#ready = true;
		this.#failures = 0;
		this.#later(() => this.#ping(), PING_MS);
		this.#options.onSession?.(session);
		for (const [topic, watched] of this.#watched) this.#sendWatch(topic, watched);
		for (const pending of this.#pending.values()) this.#socket?.send(pending.text);
		this.#status.set('live');
	}

	#bye(reason: string): void {
		if (reason === 'signed_out') this.#signedOut(reason);
		else this.#closed(1001);
	}

	#answered(id: string): Pending | undefined {
		const pending = this.#pending.get(id);
		this.#pending.delete(id);
		return pending;
	}

	#refused(id: string | undefined, problem: Partial<Problem>): void {
		const pending = id === undefined ? undefined : this.#pending.get(id);
		if (!pending || id === undefined) return;
		const status = problem.status ?? 0;
		const mayPass = status === 429 || status === 503;
		if (mayPass && ++pending.tries < TRIES_MAX) {
			this.#world.setTimer(
				() => {
					if (this.#ready && this.#pending.has(id)) this.#socket?.send(pending.text);
				},
				BACKOFF_MS * 2 ** pending.tries,
			);
			return;
		}
		this.#pending.delete(id);
		pending.reject(new ApiError(problem));
	}

	#deliver(frame: ServerFrame & { topic: string }): void {
		const watched = this.#watched.get(frame.topic);
		if (!watched) return;
		if (frame.type === 'event') watched.after = Math.max(watched.after ?? 0, frame.event.seq);
		for (const handler of [...watched.handlers]) handler(frame);
	}
}
