// Light, dark or the system's choice. public/theme.js applies the stored one before the first paint.
import { Store } from './store';

export type Theme = 'system' | 'light' | 'dark';
const KEY = 'segue.theme';

function stored(): Theme {
	const value = remembered(KEY);
	return value === 'light' || value === 'dark' ? value : 'system';
}

/** localStorage that may be closed to us (private windows, full): then nothing is remembered. */
export function remembered(key: string): string | null {
	try {
		return localStorage.getItem(key);
	} catch {
		return null;
	}
}
export function remember(key: string, value: string | null): void {
	try {
		if (value === null) localStorage.removeItem(key);
		else localStorage.setItem(key, value);
	} catch {
		// Not remembered.
	}
}

export const theme = new Store<Theme>(stored());

export function setTheme(next: Theme): void {
	remember(KEY, next === 'system' ? null : next);
	if (next === 'system') delete document.documentElement.dataset.theme;
	else document.documentElement.dataset.theme = next;
	theme.set(next);
}

export function isDark(): boolean {
	const now = theme.get();
	return now === 'system' ? matchMedia('(prefers-color-scheme: dark)').matches : now === 'dark';
}
