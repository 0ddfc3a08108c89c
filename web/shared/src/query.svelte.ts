// Something read from the server, with the three states of a view: loading, error, data. The newest run wins.
import { ApiError } from './api';

let onSignedOut: () => void = () => {};
/** What to do when a read finds that the session is over. */
export function whenSignedOut(run: () => void): void {
	onSignedOut = run;
}

export class Query<T> {
	data: T | null = $state.raw(null);
	error: unknown = $state.raw(null);
	loading = $state(false);
	#abort: AbortController | null = null;

	/** Old data stays until the new is there, so nothing flickers; `clear` drops it at once. */
	async run(read: (signal: AbortSignal) => Promise<T>, options: { clear?: boolean } = {}): Promise<void> {
		this.#abort?.abort();
		const abort = (this.#abort = new AbortController());
		this.loading = true;
		this.error = null;
		if (options.clear) this.data = null;
		try {
			const data = await read(abort.signal);
			if (abort === this.#abort) this.data = data;
		} catch (error) {
			if (abort !== this.#abort || abort.signal.aborted) return;
			if (error instanceof ApiError && error.signedOut) onSignedOut();
			this.error = error;
		} finally {
			if (abort === this.#abort) this.loading = false;
		}
	}

	stop = (): void => {
		this.#abort?.abort();
		this.#abort = null;
	};
}
