import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ApiError, operationUrl, problemOf } from '../src/api';
import { formatClock, formatMoney, formatSize, formatTime, initials } from '../src/format';
import { newId } from '../src/ids';
import { catalogue, formatMessage, tooLong } from '../src/text';
import { caseState, systemWords, waitWords } from '../src/words';

test('a message takes values and plurals', () => {
	const t = catalogue({ hello: 'Hello {name}', cases: '{n, plural, =0 {No case} one {# case} other {# cases}} open' });
	assert.equal(t('hello', { name: 'Anna {name}' }), 'Hello Anna {name}');
	assert.deepEqual([0, 1, 2, 1200].map((n) => t('cases', { n })), ['No case open', '1 case open', '2 cases open', '1,200 cases open']);
	assert.equal(formatMessage('{n, plural, one {# sak} few {# saki} other {# sak}}', { n: 3 }, 'pl'), '3 saki');
});

test('an URL carries path and query safely and leaves out what is not given', () => {
	assert.equal(operationUrl('get_case', { path: { case: 'a/b?c' } }), '/api/v1/cases/a%2Fb%3Fc');
	assert.equal(operationUrl('list_stuff', { query: { q: 'a&b', kind: null, cursor: undefined, limit: 5 } }), '/api/v1/me/stuff?q=a%26b&limit=5');
});

test('a problem is told in its own words, and a page that is no problem by its status', () => {
	const problem = new ApiError(problemOf(409, '{"title":"Conflict","detail":"It has ended.","code":"not_active","field":"text"}'));
	assert.deepEqual([problem.message, problem.status, problem.code, problem.field], ['It has ended.', 409, 'not_active', 'text']);
	const page = new ApiError(problemOf(502, '<html>'));
	assert.equal(page.status, 502);
	assert.match(page.message, /try again/);
});

test('waits are told in words and never too short', () => {
	assert.deepEqual([null, 20, 61, 119, 7200].map(waitWords), ['We cannot say yet how long it will take', 'Less than a minute', 'About 2 minutes', 'About 2 minutes', 'About 2 hours']);
});

test('a state the words do not know is shown as it is called', () => {
	assert.deepEqual(caseState('waiting_parts'), { text: 'Waiting parts', tone: 'neutral' });
	assert.equal(systemWords('leg_joined', {}), '');
	assert.equal(systemWords('offer_accepted', { name: 'Sam' }), 'Sam is here for you');
});

test('times, money, sizes and names have a short form', () => {
	const now = Date.UTC(2026, 5, 15, 12);
	assert.equal(formatTime(now - 5 * 60_000, 'relative', now), '5 minutes ago');
	assert.equal(formatTime(now, 'day', now), 'Today');
	assert.equal(formatTime('nonsense', 'full'), '');
	assert.equal(formatClock(65_000), '1:05');
	assert.equal(formatClock(3_605_000), '1:00:05');
	assert.match(formatMoney(699_000, 'USD'), /6,990\.00/);
	assert.match(formatMoney(5000, 'JPY'), /5,000/);
	assert.equal(formatMoney(100, 'no'), '1 no');
	assert.equal(formatSize(1500), '1.5 kB');
	assert.deepEqual([formatSize(1), formatSize(71)], ['1 byte', '71 bytes']);
	assert.deepEqual(['Anna Nowak', 'Anna Maria Nowak', 'Cher', ''].map(initials), ['AN', 'AN', 'C', '']);
});

test('ids are long and never the same', () => {
	const ids = new Set(Array.from({ length: 1000 }, newId));
	assert.equal(ids.size, 1000);
	for (const id of ids) assert.match(id, /^[0-9a-f]{32}$/);
});

// ---- contrast of the tokens, by the formula of WCAG 2 ----

type Rgb = [number, number, number];

function oklch(l: number, c: number, h: number): Rgb {
	const a = c * Math.cos((h * Math.PI) / 180);
	const b = c * Math.sin((h * Math.PI) / 180);
	const [x, y, z] = [l + 0.3963377774 * a + 0.2158037573 * b, l - 0.1055613458 * a - 0.0638541728 * b, l - 0.0894841775 * a - 1.291485548 * b].map((v) => v ** 3) as Rgb;
	const clip = (v: number) => Math.min(1, Math.max(0, v));
	return [clip(4.0767416621 * x - 3.3077115913 * y + 0.2309699292 * z), clip(-1.2684380046 * x + 2.6097574011 * y - 0.3413193965 * z), clip(-0.0041960863 * x - 0.7034186147 * y + 1.707614701 * z)];
}
function luminance([r, g, b]: Rgb): number {
	return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function contrast(one: Rgb, two: Rgb): number {
	const [high, low] = [luminance(one), luminance(two)].sort((a, b) => b - a) as [number, number];
	return (high + 0.05) / (low + 0.05);
}

test('every pair of colours used for text has a contrast of 4.5, and every edge of a field 3', () => {
	const css = readFileSync(`${process.env.SEGUE_WEB}/shared/src/tokens.css`, 'utf8');
	const tokens = new Map<string, [Rgb, Rgb]>();
	for (const [, name, light, dark] of css.matchAll(/--([\w-]+): light-dark\(oklch\(([^)/]+)\), oklch\(([^)/]+)\)\);/g)) {
		const colour = (text = '') => oklch(...(text.trim().split(/\s+/).map(Number) as Rgb));
		tokens.set(name as string, [colour(light), colour(dark)]);
	}
	const grounds = ['bg', 'surface', 'raised', 'sunken'];
	const pairs: [string, string, number][] = [];
	for (const ground of grounds) {
		for (const text of ['text', 'text-2', 'accent-text', 'bad', 'good', 'warn', 'info']) pairs.push([text, ground, 4.5]);
	}
	for (const tone of ['good', 'warn', 'bad', 'info', 'note', 'accent']) {
		for (const text of tone === 'accent' ? ['accent-text', 'text', 'text-2'] : [tone, 'text']) pairs.push([text, `${tone}-soft`, 4.5]);
	}
	for (const fill of ['accent', 'accent-strong', 'bad-fill']) pairs.push(['on-accent', fill, 4.5]);
	for (const ground of ['bg', 'surface']) pairs.push(['line-strong', ground, 3], ['focus', ground, 3]);
	const poor: string[] = [];
	for (const [one, two, least] of pairs) {
		for (const mode of [0, 1] as const) {
			const [a, b] = [tokens.get(one), tokens.get(two)];
			assert.ok(a && b, `${one} and ${two} are tokens`);
			const found = contrast(a[mode], b[mode]);
			if (found < least) poor.push(`${one} on ${two} (${mode ? 'dark' : 'light'}): ${found.toFixed(2)} < ${least}`);
		}
	}
	assert.deepEqual(poor, []);
});

test('how much too long a text is counts characters, as the API does', () => {
	assert.deepEqual(['', 'a'.repeat(4000), 'a'.repeat(4003), '😀'.repeat(4000), '😀'.repeat(4001)].map((text) => tooLong(text)), [0, 0, 3, 0, 1]);
});
