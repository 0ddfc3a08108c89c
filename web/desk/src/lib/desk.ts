// The desk around shared/reducer's work list: offers that left unanswered, the way from one contact to the next. Pure.
import type { DeskState } from '$shared/reducer';
import type { InteractionRow } from '$shared/types';

/** An offer that left before I answered; shown until put away, so that nothing vanishes without a word. */
export interface LostOffer {
	key: string;
	who: string;
	about: string;
	why: 'expired' | 'withdrawn';
}

/** From here on a wait is marked as long. */
export const LONG_WAIT_MS = 120_000;
const LOST_MAX = 4;
/** The server's clock and ours differ a little; an offer this close to its end ran out. */
const CLOCK_SLACK_MS = 1500;

export function offerKey(row: Pick<InteractionRow, 'id' | 'offer_no'>): string {
	return `${row.id}:${row.offer_no ?? 0}`;
}

export function whoOf(row: Pick<InteractionRow, 'person_name'>): string {
	return row.person_name || 'A customer';
}

/** A contact without an item has its topic for a title; that would be said twice. */
export function itemOf(row: Pick<InteractionRow, 'item' | 'item_title'>): string {
	return row.item ? (row.item_title ?? '') : '';
}

export function aboutOf(row: Pick<InteractionRow, 'item' | 'item_title' | 'topic_title' | 'case_number'>): string {
	return [itemOf(row), row.topic_title].filter(Boolean).join(' · ') || (row.case_number ? `Case ${row.case_number}` : 'No topic');
}

export function workIn(state: DeskState, part: 'offered' | 'active' | 'wrapup'): InteractionRow[] {
	return state.work.filter((row) => row.state === part);
}

/** The offers that were there before and are neither there now nor answered by me. */
export function lostBetween(before: DeskState, after: DeskState, answered: ReadonlySet<string>, now: number): LostOffer[] {
	const still = new Set(after.work.map(offerKey));
	return workIn(before, 'offered')
		.filter((row) => !still.has(offerKey(row)) && !answered.has(offerKey(row)))
		.map((row) => ({
			key: offerKey(row),
			who: whoOf(row),
			about: aboutOf(row),
			why: row.expires_at !== null && Date.parse(row.expires_at) <= now + CLOCK_SLACK_MS ? 'expired' : 'withdrawn',
		}));
}

export function addLost(lost: readonly LostOffer[], more: readonly LostOffer[]): LostOffer[] {
	const keys = new Set(more.map((one) => one.key));
	return [...more, ...lost.filter((one) => !keys.has(one.key))].slice(0, LOST_MAX);
}

/** The neighbour to open next (Alt+Down, Alt+Up), over everything but offers. */
export function neighbour(state: DeskState, current: string | null, step: 1 | -1): string | null {
	const ids = [...workIn(state, 'active'), ...workIn(state, 'wrapup')].map((row) => row.id);
	if (ids.length === 0) return null;
	const at = current === null ? -1 : ids.indexOf(current);
	if (at < 0) return ids[step === 1 ? 0 : ids.length - 1] ?? null;
	return ids[(at + step + ids.length) % ids.length] ?? null;
}

/** Why I am where I am; empty when I chose it myself. */
export function presenceWords(presence: string, reason: string): string {
	if (presence === 'available' || presence === 'busy') return '';
	if (reason === 'missed') return 'You missed an offer, so you were set to away. Switch back when you are ready.';
	if (reason === 'agent_gone') return 'Your connection was gone for too long, so you were set to offline. Switch back when you are ready.';
	if (reason === 'idle') return 'Nothing happened here for a while, so you were set to away.';
	return '';
}
