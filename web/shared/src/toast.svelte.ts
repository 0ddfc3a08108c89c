// Short answers to what somebody just did, and words for screen readers. <Toasts /> shows and says them.
export interface Toast {
	id: number;
	text: string;
	tone: 'good' | 'bad' | 'info';
	action?: { label: string; run: () => void };
}

class Toasts {
	list: Toast[] = $state([]);
	said = $state('');
	#next = 1;

	show(text: string, tone: Toast['tone'] = 'good', action?: Toast['action']): void {
		const id = this.#next++;
		this.list = [...this.list.slice(-2), action ? { id, text, tone, action } : { id, text, tone }];
		// Errors and those with a button stay longer: they must be read or pressed.
		setTimeout(() => this.drop(id), tone === 'bad' || action ? 10_000 : 5000);
	}
	drop(id: number): void {
		this.list = this.list.filter((toast) => toast.id !== id);
	}
	/** Says something without showing it. */
	say(text: string): void {
		// The same words twice would not be read out: a no-break space makes them new.
		this.said = this.said === text ? `${text}\u00a0` : text;
	}
}

export const toasts = new Toasts();
