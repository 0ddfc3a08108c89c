import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fillBlanks, findCanned, fuzzyFind, fuzzyScore, openBlanks, slashQuery } from '../src/lib/text';
import { keyList, wishOf } from '../src/lib/keys';
import type { Place, Pressed } from '../src/lib/keys';
import { agentsByReach, transferTargets } from '../src/lib/transfer';
import { bodyOf, checkWrapUp, loadWrapUp } from '../src/lib/wrapup';
import { t } from '../src/lib/words';

const canned = [
	{ id: '1', name: 'webinar', title: 'Webinar', text: 'Join us' },
	{ id: '2', name: 'engineer', title: 'Engineer booked', text: 'I have booked an engineer' },
	{ id: '3', name: 'bye', title: 'Closing', text: 'Glad to help' },
];

describe('fuzzy', () => {
	it('needs every letter in order', () => {
		assert.equal(fuzzyScore('xyz', 'engineer'), null);
		assert.equal(fuzzyScore('rg', 'engineer'), null);
		assert.notEqual(fuzzyScore('egr', 'engineer'), null);
	});
	it('prefers starts of words', () => {
		assert.deepEqual(
			fuzzyFind('eb', ['webinar', 'Engineer booked'], (one) => [one]),
			['Engineer booked', 'webinar'],
		);
	});
	it('gives all in their order for nothing typed', () => {
		assert.deepEqual(
			fuzzyFind('', ['b', 'a'], (one) => [one]),
			['b', 'a'],
		);
	});
});

describe('canned answers', () => {
	it('open at the start and after a space, not inside a word or a path', () => {
		assert.deepEqual(slashQuery('/en', 3), { from: 0, query: 'en' });
		assert.deepEqual(slashQuery('Hello /', 7), { from: 6, query: '' });
		assert.equal(slashQuery('and/or', 6), null);
		assert.equal(slashQuery('/en gineer', 10), null);
		assert.deepEqual(slashQuery('/en gineer', 3), { from: 0, query: 'en' });
	});
	it('put the exact shortcut first', () => {
		assert.equal(findCanned('bye', canned)[0]?.id, '3');
		assert.equal(findCanned('engb', canned)[0]?.id, '2');
	});
	it('fill the blanks they know and leave the others to be seen', () => {
		const blanks = { personName: 'Anna Nowak', agentName: 'Mara Lindqvist', caseNumber: 4711 };
		assert.equal(fillBlanks('{first_name}, {agent_name}: {case_number} {other}', blanks), 'Anna, Mara: 4711 {other}');
		assert.equal(fillBlanks('Hi {first_name}', { ...blanks, personName: '' }), 'Hi {first_name}');
		assert.deepEqual(openBlanks('Hi {first_name} {x}'), ['{first_name}']);
	});
	it('do not fill what a blank brought in', () => {
		assert.equal(fillBlanks('{first_name}', { personName: '{agent_name} x', agentName: 'Mara', caseNumber: 1 }), '{agent_name}');
	});
});

describe('keys', () => {
	const press = (key: string, more: Partial<Pressed> = {}): Pressed => ({ key, code: key, altKey: false, ctrlKey: false, metaKey: false, shiftKey: false, ...more });
	const at = (place: Place, key: Pressed, rings = true) => wishOf(key, place, rings);

	it('take and pass on an offer where no text is written', () => {
		assert.equal(at('page', press('Enter')), 'take');
		assert.equal(at('empty', press('Enter')), 'take');
		assert.equal(at('empty', press('Escape')), 'pass');
		assert.equal(at('control', press('Escape')), 'pass');
	});
	it('leave Enter to text and to buttons', () => {
		assert.equal(at('text', press('Enter')), null);
		assert.equal(at('text', press('Escape')), null);
		assert.equal(at('control', press('Enter')), null);
	});
	it('do nothing with Enter and Esc when nothing rings', () => {
		assert.equal(at('page', press('Enter'), false), null);
		assert.equal(at('page', press('Escape'), false), null);
		assert.equal(at('text', press('Enter', { ctrlKey: true, shiftKey: true }), false), null);
	});
	it('reach everything from inside a text', () => {
		assert.equal(at('text', press('k', { code: 'KeyK', ctrlKey: true })), 'palette');
		assert.equal(at('text', press('†', { code: 'KeyT', altKey: true })), 'transfer');
		assert.equal(at('text', press('Enter', { ctrlKey: true, shiftKey: true })), 'take');
		assert.equal(at('text', press('?')), null);
		assert.equal(at('empty', press('?')), null);
		assert.equal(at('page', press('?')), 'keys');
	});
	it('leave AltGr alone, which types letters', () => {
		assert.equal(at('text', press('€', { code: 'KeyE', altKey: true, ctrlKey: true })), null);
	});
	it('are all in the list, each explained', () => {
		for (const { keys, words } of keyList) assert.ok(keys !== '' && t(words) !== words);
	});
});

describe('transfer', () => {
	const agent = (id: string, presence: string, held: number, queues: string[] = []) => ({ id, name: id, role: 'agent', presence, presence_at: null, queues, capacity: 3, held }) as never;
	it('shows the reachable first, the freest of them before', () => {
		const order = agentsByReach([agent('off', 'offline', 0), agent('full', 'available', 3), agent('busy', 'busy', 0), agent('free', 'available', 1)]);
		assert.deepEqual(
			order.map((one) => one.id),
			['free', 'full', 'busy', 'off'],
		);
	});
	it('finds an agent by the name of a queue', () => {
		const found = transferTargets('heat', [{ id: 'q', name: 'Heating', offer_ms: 1 }], [agent('Ida', 'available', 0, ['q']), agent('Ben', 'available', 0)]);
		assert.deepEqual([found.queues.length, found.agents.map((one) => one.id)], [1, ['Ida']]);
	});
});

describe('wrap-up', () => {
	const known = { topic: 't1', summary: 'draft' };
	it('begins with what is known, or with what was begun before a reload', () => {
		assert.deepEqual(loadWrapUp(null, known), { topic: 't1', outcome: '', summary: 'draft', next_step: '', due: '' });
		assert.equal(loadWrapUp('{"summary":"mine","foreign":1,"due":5}', known).summary, 'mine');
		assert.equal(loadWrapUp('{"summary":"mine","due":5}', known).due, '');
		assert.equal(loadWrapUp('not json', known).summary, 'draft');
	});
	it('needs an outcome and a summary', () => {
		assert.deepEqual(checkWrapUp(loadWrapUp(null, { topic: '', summary: '  ' })), { outcome: true, summary: true });
		assert.deepEqual(checkWrapUp({ ...loadWrapUp(null, known), outcome: 'resolved' }), {});
	});
	it('sends only what was filled in', () => {
		assert.deepEqual(bodyOf({ topic: '', outcome: 'partly', summary: ' s ', next_step: ' ', due: '' }), { summary: 's', outcome: 'partly' });
		const body = bodyOf({ topic: 't', outcome: 'follow_up', summary: 's', next_step: 'call', due: '2026-12-01' });
		assert.equal(new Date(body.due_at ?? '').getDate(), 1);
		assert.equal(body.next_step, 'call');
	});
});
