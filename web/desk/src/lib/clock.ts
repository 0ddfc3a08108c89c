// How far our clock stands from the server's, so that a countdown tells the truth on a computer whose clock is wrong.

export interface Offset {
	/** Our clock minus the server's, ms. */
	ms: number;
	/** Taken from something that had just happened. */
	fresh: boolean;
}

export const noOffset: Offset = { ms: 0, fresh: false };

/**
 * `at` is the server's time of something, `now` ours when it came. What is fresh (an offer just made) measures the
 * offset; anything else only proves that our clock is not further behind than this.
 */
export function measure(offset: Offset, at: string | null, now: number, fresh: boolean): Offset {
	const sample = at === null ? NaN : now - Date.parse(at);
	if (!Number.isFinite(sample)) return offset;
	if (fresh) return { ms: offset.fresh ? Math.min(offset.ms, sample) : sample, fresh: true };
	return sample < offset.ms ? { ms: sample, fresh: offset.fresh } : offset;
}
