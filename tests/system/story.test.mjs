// The whole story over the API: one contact from Need Help to feedback, every participant with their own connection.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Client, Segue, demoData, demoLogins } from './lib/segue.mjs';

let segue, logins;

before(async () => {
	const dir = demoData();
	logins = demoLogins(dir);
	segue = await new Segue(dir).start();
});
after(() => segue?.end());

test('one contact, from Need Help to feedback, and again from the case', async () => {
	const customer = await new Client(segue).signInCustomer(logins.customer);
	const agent = await new Client(segue).signInAgent(logins.agents[0]);
	const manager = await new Client(segue).signInAgent(logins.manager);

	// The customer looks at their things and picks a purchase, a topic, an article.
	const stuff = await customer.get('/me/stuff?kind=purchase');
	assert.ok(stuff.rows.length > 0);
	const item = stuff.rows[0];
	const topics = (await customer.get('/topics?kind=purchase')).rows;
	const topic = topics.find((t) => t.parent && !t.urgent && agent.me.queues.includes((t.queue ?? topics.find((p) => p.id === t.parent)?.queue)));
	assert.ok(topic, 'a topic this agent serves');
	const articles = (await customer.get(`/articles?topic=${topic.id}`)).rows;
	assert.ok(articles.length > 0);
	const article = await customer.get(`/articles/${articles[0].id}`);
	assert.match(article.html, /<h\d|<p/);
	const offers = (await customer.get(`/offers?item=${item.ref}&topic=${topic.id}`)).channels;
	assert.equal(offers.find((o) => o.channel === 'chat').offered, true);
	assert.ok(offers.every((o) => o.reason.length > 0));

	// Contact us, by chat; nobody is there yet, so they wait, honestly.
	const c = await customer.live();
	const started = await c.command('start_interaction', {
		channel: 'chat', item: item.ref, topic: topic.id, page: '/help', articles: [{ article: article.id, helped: false }], text: 'It does not work.'
	});
	const name = `interaction:${started.interaction}`;
	c.watch(name);
	await c.event('queued');
	await c.event('message_sent');
	const place = await c.frame('position', (f) => f.type === 'position');
	assert.equal(place.position, 1);
	assert.equal(place.agents, 0);

	// The manager sees who waits.
	const m = await manager.live();
	m.watch('board');
	const board = await m.frame('board', (f) => f.type === 'snapshot' && f.board.waiting.some((w) => w.id === started.interaction));
	assert.equal(board.board.waiting.length, 1);

	// The agent comes, is offered it with a countdown, and sees who, what, why, tried and where.
	const a = await agent.live();
	a.watch('desk');
	await a.frame('desk', (f) => f.type === 'snapshot');
	await a.command('set_presence', { presence: 'available' });
	const offer = await a.frame('offer', (f) => f.type === 'change' && f.interaction?.state === 'offered');
	assert.ok(Date.parse(offer.interaction.expires_at) > Date.now());
	await a.command('accept_offer', { interaction: started.interaction, offer_no: offer.interaction.offer_no });
	const context = await agent.get(`/interactions/${started.interaction}`);
	assert.equal(context.person.email, logins.customer);
	assert.equal(context.item.id, item.ref);
	assert.match(context.topic, / › /);
	assert.deepEqual(context.tried, [{ article: article.id, title: article.title, helped: false }]);
	assert.equal(context.page, '/help');
	const timeline = await agent.get(`/persons/${context.person.id}/timeline`);
	assert.ok(timeline.items.length > 0 && timeline.cases.some((k) => k.id === started.case));

	// They talk; typing and read marks show.
	a.watch(name);
	const connected = await c.event('offer_accepted');
	assert.equal(connected.event.facts.name, agent.me.name);
	await a.command('send_message', { interaction: started.interaction, text: 'Good morning! Let us look at it together.' });
	const greeting = await c.event('message_sent', (e) => !e.mine);
	await c.command('mark_read', { interaction: started.interaction, seq: greeting.event.seq });
	await a.event('read_marked');
	c.send({ type: 'command', id: 't1', name: 'typing', params: { interaction: started.interaction } });
	const typing = await a.frame('typing', (f) => f.type === 'typing');
	assert.equal(typing.actor.role, 'customer');

	// A file goes over.
	const up = await customer.call('POST', '/files?name=' + encodeURIComponent('Zähler stand.png'), {
		bytes: Buffer.from('89504e470d0a1a0a0000', 'hex'), headers: { 'Content-Type': 'application/octet-stream' }
	});
	assert.equal(up.mime, 'image/png');
	await c.command('send_message', { interaction: started.interaction, file: up.id });
	const fileSeen = await a.event('message_sent', (e) => e.facts.file === up.id);
	assert.equal(fileSeen.event.facts.name, 'Zähler stand.png');
	const down = await agent.raw('GET', `/api/v1/files/${up.id}`);
	assert.equal(down.status, 200);
	assert.match(down.headers.get('content-disposition'), /^attachment/);
	assert.equal(down.headers.get('x-content-type-options'), 'nosniff');
	assert.equal((await down.arrayBuffer()).byteLength, 10);

	// A note the customer never sees; then wrap-up.
	await a.command('add_note', { interaction: started.interaction, text: 'Seems to be the pump.' });
	await a.event('note_added');
	await a.command('wrap_up', { interaction: started.interaction, summary: 'Reset the pump together.', outcome: 'follow_up', next_step: 'Engineer calls', due_at: '2030-01-02T10:00:00Z' });
	await c.event('wrapped_up');
	assert.ok(!c.events(name).some((e) => e.kind === 'note_added' || e.kind === 'offered'));

	// The case stands in My Stuff at once, with its next step; feedback, changed the next day, keeps its history.
	const kase = await customer.get(`/cases/${started.case}`);
	assert.equal(kase.case.status, 'waiting_company');
	assert.equal(kase.case.summary, 'Reset the pump together.');
	assert.equal(kase.case.next_step, 'Engineer calls');
	assert.equal(kase.case.number, started.case_number);
	assert.equal((await customer.get('/me/stuff?kind=case')).rows[0].ref, started.case);
	const first = await customer.post(`/cases/${started.case}/feedback`, { outcome_score: 3, feeling_score: 5, text: 'Friendly.', follow_up: true });
	const second = await customer.post(`/cases/${started.case}/feedback`, { outcome_score: 5, feeling_score: 5, follow_up: false });
	assert.deepEqual([first.version, second.version], [1, 2]);
	assert.equal((await customer.get(`/cases/${started.case}`)).feedback.length, 2);

	// Contact again from the case: everything is known.
	const again = await c.command('start_interaction', { channel: 'chat', case: started.case });
	assert.equal(again.case, started.case);
	const next = await a.frame('second offer', (f) => f.type === 'change' && f.interaction?.id === again.interaction && f.interaction.state === 'offered');
	assert.equal(next.interaction.item, item.ref);
	assert.equal(next.interaction.case_number, started.case_number);
	await a.command('reject_offer', { interaction: again.interaction, offer_no: next.interaction.offer_no });
	await c.command('end_interaction', { interaction: again.interaction });
	await Promise.all([c.close(), a.close(), m.close()]);
});

test('a transfer goes to a queue and to an agent, with the place in line kept', async () => {
	const customer = await new Client(segue).signInCustomer(logins.customer);
	const [one, two] = await Promise.all(logins.agents.map((e) => new Client(segue).signInAgent(e)));
	const shared = one.me.queues.find((q) => two.me.queues.includes(q));
	const topics = (await customer.get('/topics')).rows;
	const topic = topics.find((t) => t.parent && (t.queue ?? topics.find((p) => p.id === t.parent)?.queue) === shared);
	const c = await customer.live();
	const [a, b] = await Promise.all([one.live(), two.live()]);
	a.watch('desk');
	b.watch('desk');
	await a.command('set_presence', { presence: 'available' });
	await b.command('set_presence', { presence: 'away' });
	const started = await c.command('start_interaction', { channel: 'chat', topic: topic.id, text: 'Hello' });
	const offer = await a.frame('offer', (f) => f.interaction?.id === started.interaction && f.interaction.state === 'offered');
	await a.command('accept_offer', { interaction: started.interaction, offer_no: offer.interaction.offer_no });
	await b.command('set_presence', { presence: 'available' });
	await a.command('transfer', { interaction: started.interaction, agent: two.me.id, text: 'Yours: knows meters.' });
	const second = await b.frame('offer', (f) => f.interaction?.id === started.interaction && f.interaction.state === 'offered');
	assert.equal(second.interaction.queued_at, offer.interaction.queued_at);
	await b.command('accept_offer', { interaction: started.interaction, offer_no: second.interaction.offer_no });
	const events = (await two.get(`/interactions/${started.interaction}/events`)).events;
	assert.equal(events.find((e) => e.kind === 'transferred').facts.text, 'Yours: knows meters.');
	await b.command('transfer', { interaction: started.interaction, queue: shared });
	const third = await a.frame('offer', (f) => f.interaction?.id === started.interaction && f.interaction.offer_no === 3 && f.interaction.state === 'offered');
	await a.command('accept_offer', { interaction: started.interaction, offer_no: third.interaction.offer_no });
	await a.command('wrap_up', { interaction: started.interaction, summary: 'Done.', outcome: 'resolved' });
	await Promise.all([c.close(), a.close(), b.close()]);
});
