// One clock for everything on the screen that tells time, so a thousand rows cost one timer.
class Clock {
	now = $state(Date.now());

	constructor(everyMs: number) {
		if (typeof window !== 'undefined') setInterval(() => (this.now = Date.now()), everyMs);
	}
}

/** Changes twice a minute: "5 minutes ago". */
export const minute = new Clock(30_000);
/** Changes every second: countdowns, running clocks. */
export const second = new Clock(1000);
