// One message catalogue per app: `{name}` is a value, `{n, plural, one {# case} other {# cases}}` an ICU plural.
export type Values = Record<string, string | number>;

const PLURAL = /\{(\w+), plural,((?:\s*(?:=\d+|zero|one|two|few|many|other)\s*\{[^{}]*\})+)\s*\}/g;
const BRANCH = /(=\d+|zero|one|two|few|many|other)\s*\{([^{}]*)\}/g;

export function formatMessage(message: string, values: Values, language: string): string {
	return message
		.replace(PLURAL, (_, name: string, list: string) => {
			const count = Number(values[name] ?? 0);
			const branches = new Map([...list.matchAll(BRANCH)].map((match) => [match[1], match[2]]));
			const chosen = branches.get(`=${count}`) ?? branches.get(new Intl.PluralRules(language).select(count)) ?? branches.get('other') ?? '';
			return chosen.replaceAll('#', new Intl.NumberFormat(language).format(count));
		})
		.replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole));
}

/** The language texts are in; dates and numbers follow the browser. */
export const textLanguage = 'en';

export function catalogue<const T extends Record<string, string>>(messages: T): (key: keyof T, values?: Values) => string {
	return (key, values) => formatMessage(messages[key] ?? String(key), values ?? {}, textLanguage);
}

/** `waiting_customer` -> "Waiting customer": the last way out for a word the catalogue does not know. */
export function humanize(word: string): string {
	const spaced = word.replaceAll('_', ' ').trim();
	return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}

/** The most characters a message may have; the API refuses longer ones. */
export const MESSAGE_MAX = 4000;

/** By how many characters a text is longer than a message may be; 0: it fits. Never cut by the field: what is pasted stays. */
export function tooLong(text: string, max = MESSAGE_MAX): number {
	return text.length <= max ? 0 : Math.max(0, [...text].length - max);
}
