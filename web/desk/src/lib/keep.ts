// What must outlive a reload: drafts and notes on their way. They belong to the agent who wrote them, because two
// agents may share one computer; shared/conversation forgets them at sign-out (keys segue.draft.*, segue.unsent.*).
import { remember, remembered } from '$shared/theme';
import type { MessageFile } from '$shared/reducer';
import type { PendingNote } from './thread';

export interface Draft {
	mode: 'reply' | 'note';
	reply: string;
	note: string;
	/** Uploaded, to be sent with the reply. */
	files: MessageFile[];
}

export const emptyDraft: Draft = { mode: 'reply', reply: '', note: '', files: [] };

function read(key: string): unknown {
	try {
		return JSON.parse(remembered(key) ?? 'null');
	} catch {
		return null;
	}
}

function draftKey(agent: string, interaction: string): string {
	return `segue.draft.desk.${agent}.${interaction}`;
}

export function loadDraft(agent: string, interaction: string): Draft {
	const raw = read(draftKey(agent, interaction)) as Partial<Draft> | null;
	if (!raw || typeof raw !== 'object') return emptyDraft;
	return { mode: raw.mode === 'note' ? 'note' : 'reply', reply: String(raw.reply ?? ''), note: String(raw.note ?? ''), files: Array.isArray(raw.files) ? raw.files : [] };
}

export function saveDraft(agent: string, interaction: string, draft: Draft): void {
	const empty = draft.reply === '' && draft.note === '' && draft.mode === 'reply' && draft.files.length === 0;
	remember(draftKey(agent, interaction), empty ? null : JSON.stringify(draft));
}

/** The words of a draft for the work list: what was begun here and not sent. */
export function draftHint(draft: Draft): string {
	return draft.reply.trim() || draft.note.trim();
}

function notesKey(agent: string): string {
	return `segue.unsent.notes.${agent}`;
}

export function loadNotes(agent: string): PendingNote[] {
	const raw = read(notesKey(agent));
	if (!Array.isArray(raw)) return [];
	return raw.filter((one: unknown): one is PendingNote => {
		const note = one as Partial<PendingNote> | null;
		return typeof note?.id === 'string' && typeof note.interaction === 'string' && typeof note.text === 'string';
	});
}

/** Those the server has are kept by the server. */
export function saveNotes(agent: string, notes: readonly PendingNote[]): void {
	const open = notes.filter((note) => note.seq === null);
	remember(notesKey(agent), open.length > 0 ? JSON.stringify(open) : null);
}
