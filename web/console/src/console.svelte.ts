// The console's state: the live board and the clock it is read by.
import { call, ApiError, errorText } from '$shared/api';
import { Live } from '$shared/live';
import type { LiveStatus } from '$shared/live';
import { reduceBoard } from '$shared/reducer';
import { toasts } from '$shared/toast.svelte';
import type { Board, Session } from '$shared/types';
import type { Names } from '../../desk/src/lib/thread';

export class ConsoleApp {
	readonly session: Session;
	readonly live: Live;
	status = $state<LiveStatus>('connecting');
	board = $state.raw<Board | null>(null);
	/** Ours, brought to the server's clock by the board's own time. */
	now = $state(Date.now());
	#offset = 0;
	#timer: ReturnType<typeof setInterval> | undefined;
	#stops: (() => void)[] = [];
	#onSignedOut: (reason: string) => void;

	constructor(session: Session, onSignedOut: (reason: string) => void) {
		this.session = session;
		this.#onSignedOut = onSignedOut;
		this.live = new Live({ onSignedOut: (reason) => this.#onSignedOut(reason) });
	}

	start(): void {
		this.#stops.push(this.live.status.subscribe((status) => (this.status = status)));
		this.#stops.push(
			this.live.watch('board', (frame) => {
				this.board = reduceBoard(this.board, frame);
				if (this.board && frame.type === 'snapshot') this.#offset = Date.now() - Date.parse(this.board.at);
				this.#tick();
			}),
		);
		this.#timer = setInterval(() => this.#tick(), 1000);
		this.live.start();
	}

	stop(): void {
		clearInterval(this.#timer);
		for (const stop of this.#stops) stop();
		this.live.stop();
	}

	async signOut(): Promise<void> {
		try {
			await call('sign_out');
		} catch (error) {
			if (!(error instanceof ApiError && error.signedOut)) {
				toasts.show(errorText(error), 'bad');
				return;
			}
		}
		this.#onSignedOut('');
	}

	names(person: string): Names {
		return {
			queue: (id) => this.board?.queues.find((queue) => queue.queue === id)?.name ?? '',
			agent: (id) => this.board?.agents.find((agent) => agent.id === id)?.name ?? '',
			person,
		};
	}

	#tick(): void {
		this.now = Date.now() - this.#offset;
	}
}
