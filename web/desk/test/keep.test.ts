import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { draftHint, emptyDraft, loadDraft, loadNotes, saveDraft, saveNotes } from '../src/lib/keep';
import type { PendingNote } from '../src/lib/thread';

const kept = new Map<string, string>();
let broken = false;
Object.defineProperty(globalThis, 'localStorage', {
	configurable: true,
	value: {
		getItem: (key: string) => kept.get(key) ?? null,
		setItem: (key: string, value: string) => {
			if (broken) throw new Error('quota');
			kept.set(key, value);
		},
		removeItem: (key: string) => kept.delete(key),
	},
});
beforeEach(() => {
	kept.clear();
	broken = false;
});

describe('drafts', () => {
	const draft = { mode: 'note' as const, reply: 'Hello', note: 'later', files: [{ id: 'f', name: 'a.pdf', mime: '', size: 3 }] };
	it('come back as they were, per agent and contact', () => {
		saveDraft('mara', 'i1', draft);
		assert.deepEqual(loadDraft('mara', 'i1'), draft);
		assert.deepEqual(loadDraft('ben', 'i1'), emptyDraft);
		assert.deepEqual(loadDraft('mara', 'i2'), emptyDraft);
	});
	it('leave nothing behind when they are empty', () => {
		saveDraft('mara', 'i1', draft);
		saveDraft('mara', 'i1', emptyDraft);
		assert.equal(kept.size, 0);
	});
	it('lie under the keys that sign-out forgets', () => {
		saveDraft('mara', 'i1', draft);
		assert.match([...kept.keys()][0] ?? '', /^segue\.draft\./);
	});
	it('survive nonsense and a full store', () => {
		kept.set('segue.draft.desk.mara.i1', '{"reply":7,"files":"x"}');
		assert.deepEqual(loadDraft('mara', 'i1'), { ...emptyDraft, reply: '7' });
		broken = true;
		assert.doesNotThrow(() => saveDraft('mara', 'i1', draft));
	});
	it('show their first words in the work list', () => {
		assert.equal(draftHint({ ...emptyDraft, note: ' n ' }), 'n');
		assert.equal(draftHint(draft), 'Hello');
	});
});

describe('notes on their way', () => {
	const note: PendingNote = { id: 'n1', interaction: 'i1', text: 'x', at: '2026-11-22T10:00:00Z', error: null, seq: null };
	it('are kept until the server has them', () => {
		saveNotes('mara', [note]);
		assert.deepEqual(loadNotes('mara'), [note]);
		saveNotes('mara', [{ ...note, seq: 4 }]);
		assert.deepEqual(loadNotes('mara'), []);
	});
	it('survive nonsense', () => {
		kept.set('segue.unsent.notes.mara', '[null, 3, {"id":"a"}]');
		assert.deepEqual(loadNotes('mara'), []);
	});
});
