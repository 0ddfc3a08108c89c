// Words typed by agents: fuzzy choice, canned answers with their blanks filled, a draft of the summary. All pure.
import type { Entry } from '$shared/reducer';
import type { Canned } from '$shared/types';

/**
 * How well `query` matches `text` as a subsequence: null is not at all, more is better. Starts of words and
 * runs of letters count more, so "eb" finds "Engineer booked" before "webinar".
 */
export function fuzzyScore(query: string, text: string): number | null {
	const q = query.toLowerCase().replace(/\s+/g, '');
	const t = text.toLowerCase();
	if (q === '') return 0;
	let score = 0;
	let at = -1;
	let run = 0;
	for (const letter of q) {
		const next = t.indexOf(letter, at + 1);
		if (next < 0) return null;
		const startsWord = next === 0 || !/[\p{L}\p{N}]/u.test(t[next - 1] ?? '');
		run = next === at + 1 ? run + 1 : 0;
		score += 1 + run * 2 + (startsWord ? 4 : 0) - Math.min(3, (next - at - 1) * 0.2);
		at = next;
	}
	return score - t.length * 0.01;
}

interface Scored<T> {
	value: T;
	score: number;
}

/** The values that match, best first; ties keep their order. `textsOf` gives what to match, the most telling first. */
export function fuzzyFind<T>(query: string, values: readonly T[], textsOf: (value: T) => readonly string[], limit = 20): T[] {
	const found: Scored<T>[] = [];
	for (const value of values) {
		const scores = textsOf(value)
			.map((text, i) => {
				const score = fuzzyScore(query, text);
				return score === null ? null : score - i * 0.5;
			})
			.filter((score): score is number => score !== null);
		if (scores.length > 0) found.push({ value, score: Math.max(...scores) });
	}
	return found
		.sort((a, b) => b.score - a.score)
		.slice(0, limit)
		.map(({ value }) => value);
}

export interface Blanks {
	personName: string;
	agentName: string;
	caseNumber: number | null;
}

export function firstName(name: string): string {
	return name.trim().split(/\s+/)[0] ?? '';
}

/** Fills {first_name}, {agent_name}, {case_number}; a blank we do not know stays, so that the agent sees it. */
export function fillBlanks(text: string, blanks: Blanks): string {
	const known: Record<string, string> = {
		first_name: firstName(blanks.personName),
		name: blanks.personName.trim(),
		agent_name: firstName(blanks.agentName),
		case_number: blanks.caseNumber === null ? '' : String(blanks.caseNumber),
	};
	return text.replace(/\{(\w+)\}/g, (whole, name: string) => known[name] || whole);
}

/** Blanks left in a text about to be sent. */
export function openBlanks(text: string): string[] {
	return [...text.matchAll(/\{(?:first_name|name|agent_name|case_number)\}/g)].map((match) => match[0]);
}

/** The part typed after "/" when the canned answers are to open: a slash that starts the text or follows a space or line break. */
export function slashQuery(text: string, caret: number): { from: number; query: string } | null {
	const match = /(?:^|\s)\/([\p{L}\p{N}_-]{0,40})$/u.exec(text.slice(0, caret));
	if (!match) return null;
	const query = match[1] ?? '';
	return { from: caret - query.length - 1, query };
}

export function findCanned(query: string, all: readonly Canned[]): Canned[] {
	const exact = all.filter((canned) => query !== '' && canned.name.toLowerCase() === query.toLowerCase());
	const rest = fuzzyFind(query, all, (canned) => [canned.name, canned.title, canned.text.slice(0, 120)], 30).filter((canned) => !exact.includes(canned));
	return [...exact, ...rest].slice(0, 8);
}

function clip(text: string, max: number): string {
	const line = text.replace(/\s+/g, ' ').trim();
	return line.length <= max ? line : `${line.slice(0, max - 1).trimEnd()}…`;
}

/** The first draft of the summary: what was asked, the notes, and our last word. The agent mends it. */
export function draftSummary(entries: readonly Entry[], topic: string): string {
	const spoken = entries.filter((entry) => entry.type !== 'system' && entry.text.trim() !== '');
	const asked = spoken.find((entry) => entry.actor.role === 'customer');
	const notes = spoken.filter((entry) => entry.type === 'note');
	const answer = spoken.findLast((entry) => entry.type === 'message' && entry.actor.role !== 'customer');
	const lines = [asked ? `${topic ? `${topic}: ` : ''}${clip(textOf(asked), 200)}` : topic, ...notes.map((note) => clip(textOf(note), 300)), answer ? `Answered: ${clip(textOf(answer), 240)}` : ''];
	return lines
		.filter((line) => line !== '')
		.join('\n')
		.slice(0, 4000);
}

function textOf(entry: Entry): string {
	return entry.type === 'system' ? '' : entry.text;
}
