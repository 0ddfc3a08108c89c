// The smallest store Svelte understands (`$store`), so that live.ts and others can be tested without Svelte.
export interface Readable<T> {
	subscribe(run: (value: T) => void): () => void;
	get(): T;
}

export class Store<T> implements Readable<T> {
	#value: T;
	#listeners = new Set<(value: T) => void>();

	constructor(value: T) {
		this.#value = value;
	}
	get(): T {
		return this.#value;
	}
	set(value: T): void {
		if (Object.is(value, this.#value)) return;
		this.#value = value;
		for (const run of [...this.#listeners]) run(value);
	}
	subscribe(run: (value: T) => void): () => void {
		this.#listeners.add(run);
		run(this.#value);
		return () => this.#listeners.delete(run);
	}
}
