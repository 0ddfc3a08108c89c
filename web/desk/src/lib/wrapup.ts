// The form at the end of a contact: what it starts with, what it must have, what is sent. Pure.
import type { WrapUp } from '$shared/types';

export interface WrapUpFields {
	topic: string;
	outcome: WrapUp['outcome'] | '';
	summary: string;
	next_step: string;
	/** yyyy-mm-dd or empty, as a date field has it. */
	due: string;
}

/** What was begun before a reload, else what is known already. */
export function loadWrapUp(kept: string | null, known: { topic: string; summary: string }): WrapUpFields {
	const fresh: WrapUpFields = { topic: known.topic, outcome: '', summary: known.summary, next_step: '', due: '' };
	try {
		const raw: unknown = JSON.parse(kept ?? 'null');
		if (raw === null || typeof raw !== 'object') return fresh;
		const texts = Object.entries(raw).filter(([name, value]) => name in fresh && typeof value === 'string');
		return { ...fresh, ...(Object.fromEntries(texts) as Partial<WrapUpFields>) };
	} catch {
		return fresh;
	}
}

export function checkWrapUp(form: WrapUpFields): { outcome?: true; summary?: true } {
	return { ...(form.outcome === '' ? { outcome: true as const } : {}), ...(form.summary.trim() === '' ? { summary: true as const } : {}) };
}

/** The promised date ends with that day, where the agent is. */
export function bodyOf(form: WrapUpFields): WrapUp {
	if (form.outcome === '') throw new Error('an outcome is needed');
	const body: WrapUp = { summary: form.summary.trim(), outcome: form.outcome };
	const due = form.due === '' ? null : new Date(`${form.due}T18:00:00`);
	if (form.next_step.trim() !== '') body.next_step = form.next_step.trim();
	if (due && !Number.isNaN(due.getTime())) body.due_at = due.toISOString();
	if (form.topic !== '') body.topic = form.topic;
	return body;
}
