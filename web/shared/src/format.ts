// Dates, money, sizes, durations: by Intl, in the browser's language and time zone.
const language = typeof navigator === 'undefined' ? 'en' : navigator.language;
const cache = new Map<string, Intl.DateTimeFormat>();

function dates(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
	const key = JSON.stringify(options);
	let found = cache.get(key);
	if (!found) cache.set(key, (found = new Intl.DateTimeFormat(language, options)));
	return found;
}

export type TimeStyle = 'clock' | 'onDay' | 'day' | 'date' | 'full' | 'relative';

function dayNumber(date: Date): number {
	return Math.floor((date.getTime() - date.getTimezoneOffset() * 60_000) / 86_400_000);
}

/** 'clock' 14:05 · 'day' Today, Yesterday, Mon 3 Nov · 'onDay' the same inside a sentence (today) · 'date' 3 Nov 2026 · 'full' date and time · 'relative' 5 minutes ago. */
export function formatTime(value: string | number | Date, style: TimeStyle, now = Date.now()): string {
	const date = new Date(value);
	if (Number.isNaN(date.getTime())) return '';
	switch (style) {
		case 'clock':
			return dates({ hour: '2-digit', minute: '2-digit' }).format(date);
		case 'full':
			return dates({ dateStyle: 'medium', timeStyle: 'short' }).format(date);
		case 'date':
			return dates({ day: 'numeric', month: 'short', year: 'numeric' }).format(date);
		case 'day':
		case 'onDay':
			return formatDay(date, new Date(now), style === 'day');
		case 'relative':
			return formatRelative(date.getTime(), now);
	}
}

function formatDay(date: Date, now: Date, alone: boolean): string {
	const days = dayNumber(date) - dayNumber(now);
	if (Math.abs(days) <= 1) {
		const word = new Intl.RelativeTimeFormat(language, { numeric: 'auto' }).format(days, 'day');
		if (!alone) return word;
		return word.charAt(0).toLocaleUpperCase(language) + word.slice(1);
	}
	const sameYear = date.getFullYear() === now.getFullYear();
	return dates(sameYear ? { weekday: 'short', day: 'numeric', month: 'short' } : { day: 'numeric', month: 'short', year: 'numeric' }).format(date);
}

function formatRelative(at: number, now: number): string {
	const format = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
	const seconds = Math.round((at - now) / 1000);
	const size = Math.abs(seconds);
	if (size < 45) return format.format(0, 'second');
	if (size < 3600) return format.format(Math.round(seconds / 60), 'minute');
	if (size < 86_400) return format.format(Math.round(seconds / 3600), 'hour');
	if (size < 30 * 86_400) return format.format(Math.round(seconds / 86_400), 'day');
	return formatTime(at, 'date', now);
}

/** 12:05 for a running clock. */
export function formatClock(ms: number): string {
	const seconds = Math.max(0, Math.floor(ms / 1000));
	const hours = Math.floor(seconds / 3600);
	const minutes = Math.floor((seconds % 3600) / 60);
	const rest = String(seconds % 60).padStart(2, '0');
	return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`;
}

/** Minor units (cents) to money. */
export function formatMoney(amount: number, currency: string): string {
	try {
		const format = new Intl.NumberFormat(language, { style: 'currency', currency });
		return format.format(amount / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
	} catch {
		return `${amount / 100} ${currency}`;
	}
}

export function formatSize(bytes: number): string {
	const [value, unit] = bytes < 1000 ? [bytes, 'byte'] : bytes < 1_000_000 ? [bytes / 1000, 'kilobyte'] : [bytes / 1_000_000, 'megabyte'];
	return new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: unit === 'byte' ? 'long' : 'short', maximumFractionDigits: value < 10 && unit !== 'byte' ? 1 : 0 }).format(value);
}

export function initials(name: string): string {
	const words = name.trim().split(/\s+/).filter(Boolean);
	const letters = [words[0], words.length > 1 ? words.at(-1) : undefined].map((word) => (word ? ([...word][0] ?? '') : ''));
	return letters.join('').toLocaleUpperCase(language);
}
