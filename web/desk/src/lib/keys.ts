// Which key means what. Letters by their place on the keyboard (event.code), so Alt works where it types signs.

export type Wish = 'take' | 'pass' | 'palette' | 'keys' | 'transfer' | 'end' | 'wrapup' | 'reply' | 'note' | 'next' | 'previous';

export interface Pressed {
	key: string;
	code: string;
	altKey: boolean;
	ctrlKey: boolean;
	metaKey: boolean;
	shiftKey: boolean;
}

/** Where the cursor is: in a text field, in one with nothing in it, on something that answers Enter itself, or nowhere. */
export type Place = 'text' | 'empty' | 'control' | 'page';

const ALT: Record<string, Wish> = { KeyT: 'transfer', KeyX: 'end', KeyW: 'wrapup', KeyR: 'reply', KeyN: 'note', ArrowDown: 'next', ArrowUp: 'previous' };

export function wishOf(event: Pressed, place: Place, offerRings: boolean): Wish | null {
	const command = event.ctrlKey || event.metaKey;
	if (command && !event.altKey && event.code === 'KeyK') return 'palette';
	if (command && !event.altKey && event.shiftKey && event.key === 'Enter' && offerRings) return 'take';
	if (event.altKey && !command) return ALT[event.code] ?? null;
	if (command || place === 'text') return null;
	if (event.key === '?' && place !== 'empty') return 'keys';
	if (!offerRings) return null;
	if (event.key === 'Enter' && place !== 'control' && !event.shiftKey) return 'take';
	return event.key === 'Escape' ? 'pass' : null;
}

export function placeOf(target: EventTarget | null): Place {
	if (!(target instanceof HTMLElement)) return 'page';
	// An empty composer has nothing to send, so Enter and Esc there can be for an offer.
	if (target.hasAttribute('data-empty')) return 'empty';
	if (target.isContentEditable || target.matches('textarea, select, input:not([type="button"], [type="checkbox"], [type="radio"], [type="submit"])')) return 'text';
	return target.closest('button, a[href], summary, input, [role="menuitem"], [role="option"]') ? 'control' : 'page';
}

/** For the list of keys; order as shown. */
export const keyList: readonly { keys: string; words: KeyWords }[] = [
	{ keys: 'Enter', words: 'key_take' },
	{ keys: 'Ctrl Shift Enter', words: 'key_take_any' },
	{ keys: 'Esc', words: 'key_pass' },
	{ keys: 'Enter', words: 'key_send' },
	{ keys: 'Shift Enter', words: 'key_newline' },
	{ keys: '/', words: 'key_canned' },
	{ keys: 'Alt R', words: 'key_reply' },
	{ keys: 'Alt N', words: 'key_note' },
	{ keys: 'Alt T', words: 'key_transfer' },
	{ keys: 'Alt X', words: 'key_end' },
	{ keys: 'Alt W', words: 'key_wrap' },
	{ keys: 'Alt ↓', words: 'key_next' },
	{ keys: 'Alt ↑', words: 'key_previous' },
	{ keys: 'Ctrl K', words: 'key_palette' },
	{ keys: '?', words: 'key_keys' },
];

type KeyWords = 'key_take' | 'key_take_any' | 'key_pass' | 'key_send' | 'key_newline' | 'key_canned' | 'key_reply' | 'key_note' | 'key_transfer' | 'key_end' | 'key_wrap' | 'key_next' | 'key_previous' | 'key_palette' | 'key_keys';
