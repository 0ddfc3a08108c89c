// One conversation on a screen: the reducer's state, fed by the live connection; sending that survives a reload.
import { untrack } from 'svelte';
import { ApiError, call, errorText, uploadFile } from './api';
import { newId } from './ids';
import type { Live } from './live';
import { newConversation, reduceConversation } from './reducer';
import type { ConversationInput, ConversationState, MessageFile } from './reducer';
import { remember, remembered } from './theme';
import type { Actor } from './types';

interface Unsent {
	id: string;
	text: string;
	file: MessageFile | null;
	at: string;
	/** Newest seq known when it was written, so that older words like it are not taken for it after a reload. */
	after: number;
}
export interface Upload {
	key: string;
	name: string;
	size: number;
	share: number;
	error: string | null;
}

const TYPING_EVERY_MS = 3000;

export class Conversation {
	state: ConversationState = $state.raw(newConversation('', { role: 'customer', id: null, name: '' }));
	uploads: Upload[] = $state([]);
	readonly interaction: string;
	#live: Live;
	#unwatch: (() => void) | null = null;
	#ticker: ReturnType<typeof setInterval> | null = null;
	#typedAt = 0;
	#readSent = 0;
	#aborts = new Map<string, AbortController>();

	constructor(live: Live, interaction: string, me: Actor) {
		this.#live = live;
		this.interaction = interaction;
		this.state = newConversation(interaction, me);
	}

	/** Begins to watch, and sends again what a closed tab left unsent. Returns the way to stop: for $effect. */
	open(): () => void {
		// Untracked: an $effect that opens must not begin anew with every message.
		return untrack(() => this.#open());
	}

	#open(): () => void {
		this.#unwatch = this.#live.watch(`interaction:${this.interaction}`, (frame) => this.put({ type: 'frame', frame, now: Date.now() }), this.state.events.at(-1)?.seq ?? 0);
		this.#ticker = setInterval(() => this.put({ type: 'tick', now: Date.now() }), 1000);
		for (const unsent of this.#unsent()) {
			this.put({ type: 'send', ...unsent });
			this.#deliver(unsent);
		}
		return () => this.close();
	}

	close(): void {
		this.#unwatch?.();
		this.#unwatch = null;
		if (this.#ticker) clearInterval(this.#ticker);
		for (const abort of this.#aborts.values()) abort.abort();
	}

	put(input: ConversationInput): void {
		this.state = reduceConversation(this.state, input);
	}

	/** Shows the message at once and delivers it; it is kept until the server has it, over reloads too. */
	send(text: string, file: MessageFile | null = null): void {
		const unsent: Unsent = { id: newId(), text, file, at: new Date().toISOString(), after: this.state.events.at(-1)?.seq ?? 0 };
		this.#keep([...this.#unsent(), unsent]);
		this.put({ type: 'send', ...unsent });
		this.#deliver(unsent);
	}

	retry(id: string): void {
		const unsent = this.#unsent().find((one) => one.id === id);
		if (!unsent) return;
		this.put({ type: 'retry', id });
		this.#deliver(unsent);
	}

	discard(id: string): void {
		this.#keep(this.#unsent().filter((one) => one.id !== id));
		this.put({ type: 'discard', id });
	}

	/** Uploads, then sends: each file a message of its own. */
	async attach(file: File): Promise<void> {
		const key = newId();
		const abort = new AbortController();
		this.#aborts.set(key, abort);
		this.uploads.push({ key, name: file.name, size: file.size, share: 0, error: null });
		const upload = this.uploads.find((one) => one.key === key);
		try {
			const stored = await uploadFile(file, { key, signal: abort.signal, onProgress: (share) => upload && (upload.share = share) });
			this.dropUpload(key);
			this.send('', stored);
		} catch (error) {
			if (!abort.signal.aborted && upload) upload.error = errorText(error);
		} finally {
			this.#aborts.delete(key);
		}
	}

	dropUpload(key: string): void {
		this.#aborts.get(key)?.abort();
		this.uploads = this.uploads.filter((one) => one.key !== key);
	}

	typing(): void {
		const now = Date.now();
		if (now - this.#typedAt < TYPING_EVERY_MS) return;
		this.#typedAt = now;
		this.#live.hint('typing', { interaction: this.interaction });
	}

	/** Everything shown has been read. Call it only while the person can see it. */
	markRead(): void {
		const { state } = this;
		const mine = state.me.role === 'customer' ? state.readPerson : state.readAgent;
		let newest = 0;
		for (const entry of state.entries) if (entry.type === 'message' && !entry.mine) newest = entry.seq;
		if (newest <= Math.max(mine, this.#readSent)) return;
		this.#readSent = newest;
		// Not important enough to tell of a failure; the next one marks this one too.
		this.#live.command('mark_read', { interaction: this.interaction, seq: newest }).catch(() => (this.#readSent = mine));
	}

	async end(): Promise<void> {
		await call('end_interaction', { path: { interaction: this.interaction } });
	}

	#deliver(unsent: Unsent): void {
		const params = { interaction: this.interaction, text: unsent.text || null, file: unsent.file?.id ?? null };
		const body = Object.fromEntries(Object.entries(params).filter(([, value]) => value !== null)) as { interaction: string; text?: string; file?: string };
		this.#live
			.command('send_message', body, unsent.id)
			.then((sent) => {
				this.#keep(this.#unsent().filter((one) => one.id !== unsent.id));
				this.put({ type: 'sent', id: unsent.id, seq: sent.seq, at: sent.at });
			})
			.catch((error: unknown) => {
				// Closed by us: it stays in the box and goes out when the page is opened again.
				if (error instanceof ApiError && error.code === 'stopped') return;
				this.put({ type: 'failed', id: unsent.id, error: errorText(error) });
			});
	}

	get #box(): string {
		return `segue.unsent.${this.state.me.id ?? ''}.${this.interaction}`;
	}
	#unsent(): Unsent[] {
		try {
			const parsed: unknown = JSON.parse(remembered(this.#box) ?? '[]');
			return Array.isArray(parsed) ? (parsed as Unsent[]) : [];
		} catch {
			return [];
		}
	}
	#keep(unsent: Unsent[]): void {
		remember(this.#box, unsent.length ? JSON.stringify(unsent) : null);
	}
}

/** A draft that is never lost: kept per key in this browser. */
export class Draft {
	#key: string;
	text: string = $state('');

	constructor(key: string) {
		this.#key = `segue.draft.${key}`;
		this.text = remembered(this.#key) ?? '';
	}
	set(text: string): void {
		this.text = text;
		remember(this.#key, text || null);
	}
}

/** Everything kept in this browser about conversations: to be forgotten at sign-out. */
export function forgetConversations(): void {
	try {
		for (const key of Object.keys(localStorage)) if (/^segue\.(unsent|draft)\./.test(key)) localStorage.removeItem(key);
	} catch {
		// Storage is closed to us: nothing was kept.
	}
}
