// When things go wrong in the middle of a conversation: reloads, a cut line, a killed server, a second tab, a sign-out.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { CUT, DESKTOP, Line, PHONE, Watch, becomes, begin, carry, counts, freePort, gone, launch, message, open, person, reply, seen, shows, topicFor, write } from './lib/browser.mjs';
import { Client, Segue, demoData, demoLogins, temporaryFolder, until } from './lib/segue.mjs';

let browser, line, segue, logins, watch, contexts;
// Signed in once: asking for links is limited to a few a minute.
let them, us;

// Browsers go through the line, which is also what customers type, so Segue takes it for its own address.
before(async () => {
	const dir = demoData();
	logins = demoLogins(dir);
	line = await new Line().open();
	const port = await freePort();
	line.to = port;
	[browser] = await Promise.all([launch(), start(dir, port)]);
});
afterEach(async () => {
	Object.assign(line, { down: false, deaf: false });
	await Promise.all((contexts ?? []).map((one) => one.close()));
	contexts = [];
	// What a failed test left on the desk must not fail the next one too.
	for (const row of (await us?.get('/me/desk').catch(() => null))?.work ?? []) await us.post(`/interactions/${row.id}/wrap-up`, { summary: 'Done.', outcome: 'resolved' }).catch(() => {});
});
after(async () => {
	await browser?.close();
	line?.close();
	await segue?.end();
});

async function start(dir, port) {
	segue = new Segue(dir, { port, args: ['--public_url', line.url] });
	await segue.start();
	segue.url = line.url;
	segue.port = port;
}

/** A customer's and an agent's page in one conversation, each in a browser of their own. */
async function pair(t) {
	watch = new Watch();
	watch.expect(...CUT);
	them ??= await new Client(segue).signInCustomer(logins.customer);
	us ??= await new Client(segue).signInAgent(logins.agents[0]);
	const [customer, agent] = [them, us].map((one) => Object.assign(one, { segue }));
	const started = await begin(segue, customer, agent, `Hello, this is about ${t.name}.`);
	contexts = await Promise.all([person(browser, segue, PHONE, watch), person(browser, segue, DESKTOP, watch)]);
	const [phone, desk] = await Promise.all([open(contexts[0], segue, customer, `/chat/${started.interaction}`), open(contexts[1], segue, agent, '/desk/')]);
	await Promise.all([seen(message(phone, t.name)), seen(message(desk, t.name))]);
	await becomes('in conversation', () => phone.getByTestId('chat').getAttribute('data-phase'), 'active');
	await live(phone, desk);
	return { phone, desk, customer, agent, ...started };
}

const live = (phone, desk) => Promise.all([gone(phone.getByTestId('connection-banner')), becomes('the desk is live', () => desk.getByTestId('live-status').getAttribute('data-status'), 'live')]);
const status = (page, text) => message(page, text).getAttribute('data-status');

/** Both sides and the server have each of these once, in this order. */
async function same({ phone, desk, agent, interaction }, texts) {
	for (const [who, page] of [['customer', phone], ['agent', desk]]) {
		await becomes(`the ${who} has each message once, in order`, async () => {
			const all = await page.getByTestId('message').locator('.bubble').allInnerTexts();
			return all.filter((text) => texts.includes(text)).join('|');
		}, texts.join('|'), 20000);
	}
	const stored = (await agent.get(`/interactions/${interaction}/events?limit=500`)).events.filter((e) => e.kind === 'message_sent').map((e) => e.facts.text);
	assert.deepEqual(stored.filter((text) => texts.includes(text)), texts);
}

/** The conversation ends, so that the next test begins with an empty desk. */
async function close({ agent, interaction }) {
	await agent.post(`/interactions/${interaction}/wrap-up`, { summary: 'Done.', outcome: 'resolved' });
}

test('a reload in the middle, on both sides', { timeout: 60000 }, async (t) => {
	const both = await pair(t);
	const { phone, desk } = both;
	await write(phone, 'one');
	await reply(desk, 'two');
	await seen(message(phone, 'two'));
	await phone.getByTestId('message-box').fill('half a thought of the customer');
	await desk.getByTestId('composer-text').fill('half a thought of the agent');
	await Promise.all([phone.reload(), desk.reload()]);
	await becomes('the draft of the customer is kept', () => phone.getByTestId('message-box').inputValue(), 'half a thought of the customer');
	await becomes('the draft of the agent is kept', () => desk.getByTestId('composer-text').inputValue(), 'half a thought of the agent');
	await phone.getByTestId('send').click();
	await desk.getByTestId('composer-text').press('Enter');
	await same(both, ['one', 'two', 'half a thought of the customer', 'half a thought of the agent'].slice(0, 2));
	await seen(message(phone, 'half a thought of the agent'));
	await seen(message(desk, 'half a thought of the customer'));
	await counts(message(phone, 'half a thought'), 2);
	await counts(message(desk, 'half a thought'), 2);
	await close(both);
	watch.clean();
});

test('without a network both keep writing; afterwards each message is there once', { timeout: 90000 }, async (t) => {
	const both = await pair(t);
	const { phone, desk } = both;
	for (const [side, page, other] of [['customer', phone, desk], ['agent', desk, phone]]) {
		const send = side === 'customer' ? write : reply;
		const texts = [1, 2, 3].map((n) => `${side} without network ${n}`);
		await page.context().setOffline(true);
		await seen(page.getByTestId(side === 'customer' ? 'connection-banner' : 'offline-banner'));
		for (const text of texts) await send(page, text);
		for (const text of texts) assert.equal(await status(page, text), 'sending', `${text} is marked as on its way`);
		await (side === 'customer' ? page.getByTestId('message-box') : page.getByTestId('composer-text')).fill('still typing');
		await page.context().setOffline(false);
		await same(both, texts);
		await becomes(`${texts[2]} is stored`, () => status(page, texts[2]), /stored|read/);
		await live(phone, desk);
		assert.equal(await (side === 'customer' ? page.getByTestId('message-box') : page.getByTestId('composer-text')).inputValue(), 'still typing');
		await seen(message(other, texts[2]));
		await (side === 'customer' ? page.getByTestId('message-box') : page.getByTestId('composer-text')).fill('');
	}
	await close(both);
	watch.clean();
});

test('a reload without an answer: what was not acknowledged goes out once', { timeout: 90000 }, async (t) => {
	const both = await pair(t);
	const { phone, desk, agent, interaction } = both;
	// The server hears them but they do not hear the server: the worst case for "exactly once".
	line.deaf = true;
	await write(phone, 'heard, customer');
	await reply(desk, 'heard, agent');
	await desk.keyboard.press('Alt+n');
	await desk.getByTestId('composer-text').fill('heard, note');
	await desk.getByTestId('composer-text').press('Enter');
	assert.equal(await status(phone, 'heard, customer'), 'sending');
	assert.equal(await status(desk, 'heard, agent'), 'sending');
	const direct = Object.assign(new Client({ url: `http://127.0.0.1:${line.to}` }, { staff: true }), { cookies: agent.cookies });
	await until('the server has all three', async () => (await direct.get(`/interactions/${interaction}/events?limit=500`)).events.filter((e) => /^heard/.test(e.facts?.text ?? '')).length === 3);
	line.deaf = false;
	line.cut();
	await Promise.all([phone.reload(), desk.reload()]);
	await same(both, ['heard, customer', 'heard, agent']);
	await becomes('stored', () => status(phone, 'heard, customer'), /stored|read/);
	await becomes('stored', () => status(desk, 'heard, agent'), /stored|read/);
	await counts(desk.getByTestId('note').filter({ hasText: 'heard, note' }), 1);
	await gone(desk.getByTestId('note-sending'));
	assert.equal(await phone.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith('segue.unsent')).length), 0, 'nothing is kept for sending');
	await close(both);
	watch.clean();
});

test('connections cut while both write: nothing lost, nothing twice', { timeout: 90000 }, async (t) => {
	const both = await pair(t);
	const { phone, desk } = both;
	const theirs = [];
	const ours = [];
	for (let n = 0; n < 12; n++) {
		if (n % 3 === 2) line.cut();
		theirs.push(`customer ${n}.`);
		ours.push(`agent ${n}.`);
		await Promise.all([write(phone, theirs[n]), reply(desk, ours[n])]);
	}
	await same(both, theirs);
	await same(both, ours);
	line.down = true;
	line.cut();
	await write(phone, 'the line is down');
	await seen(phone.getByTestId('connection-banner'));
	await seen(desk.getByTestId('offline-banner'));
	assert.equal(await status(phone, 'the line is down'), 'sending');
	line.down = false;
	await phone.getByTestId('connection-banner').getByRole('button').click();
	await desk.getByTestId('offline-banner').getByRole('button').click();
	await live(phone, desk);
	await same(both, ['the line is down']);
	await close(both);
	watch.clean();
});

test('the server is killed in the middle: both go on where they were', { timeout: 120000 }, async (t) => {
	const both = await pair(t);
	const { phone, desk, customer } = both;
	await write(phone, 'before the crash');
	await seen(message(desk, 'before the crash'));
	// A second customer waits, whose offer rings while the server dies.
	const second = await new Client(segue).signInCustomer(await otherCustomer(customer));
	const waits = await second.post('/interactions', { channel: 'chat', topic: both.topic.id, text: 'I wait.' });
	await seen(desk.locator(`[data-testid=offer][data-interaction="${waits.interaction}"]`));
	await phone.getByTestId('message-box').fill('a draft of the customer');
	await desk.getByTestId('composer-text').fill('a draft of the agent');
	const port = line.to;
	await segue.kill();
	await seen(phone.getByTestId('connection-banner'));
	await seen(desk.getByTestId('offline-banner'));
	await phone.getByTestId('send').click();
	await phone.getByTestId('message-box').fill('another draft');
	assert.equal(await status(phone, 'a draft of the customer'), 'sending');
	await start(segue.dir, port);
	await live(phone, desk);
	await seen(message(desk, 'a draft of the customer'));
	assert.equal(await phone.getByTestId('message-box').inputValue(), 'another draft');
	assert.equal(await desk.getByTestId('composer-text').inputValue(), 'a draft of the agent');
	await desk.getByTestId('send').click();
	await same(both, ['before the crash', 'a draft of the customer', 'a draft of the agent']);
	// The offer rings again (or still), and can be taken.
	if ((await desk.getByTestId('presence-now').getAttribute('data-presence')) !== 'available') await desk.getByTestId('go-available').first().click();
	const offer = desk.locator(`[data-testid=offer][data-interaction="${waits.interaction}"]`);
	await offer.waitFor({ timeout: 30000 });
	await offer.getByTestId('offer-take').click();
	await seen(message(desk, 'I wait.'));
	await both.agent.post(`/interactions/${waits.interaction}/wrap-up`, { summary: 'Done.', outcome: 'resolved' });
	await close(both);
	watch.clean();
});

async function otherCustomer(customer) {
	const found = (await Promise.all(['a', 'e', 'm', 's'].map((q) => us.get(`/persons?q=${q}`)))).flatMap((list) => list.rows);
	const other = found.find((one) => one.email && one.email !== logins.customer && one.id !== customer.me.id);
	assert.ok(other, 'another customer with an address');
	return other.email;
}

test('two tabs of one customer stay in step, and signing out in one ends the other', { timeout: 60000 }, async (t) => {
	const both = await pair(t);
	const { phone, desk, interaction } = both;
	const tab = await phone.context().newPage();
	await tab.goto(`${segue.url}/chat/${interaction}`);
	await seen(message(tab, t.name));
	await write(phone, 'from the first tab');
	await seen(message(tab, 'from the first tab'));
	await write(tab, 'from the second tab');
	await seen(message(phone, 'from the second tab'));
	await reply(desk, 'to both tabs');
	await Promise.all([seen(message(phone, 'to both tabs')), seen(message(tab, 'to both tabs'))]);
	await same(both, ['from the first tab', 'from the second tab', 'to both tabs']);
	await same({ ...both, phone: tab }, ['from the first tab', 'from the second tab', 'to both tabs']);
	assert.equal(await tab.getByTestId('message').filter({ hasText: 'from the first tab' }).getAttribute('data-mine'), 'true');

	await tab.getByTestId('message-box').fill('secret words');
	await phone.bringToFront();
	await phone.getByTestId('account-menu').click();
	await phone.getByTestId('sign-out').click();
	await seen(phone.getByTestId('email'));
	await seen(tab.getByTestId('email'));
	await becomes('the other tab is at the sign-in', () => new URL(tab.url()).pathname, '/sign-in');
	them = null;
	assert.equal(await tab.evaluate(() => Object.keys(localStorage).filter((key) => /^segue\.(draft|unsent)\./.test(key)).length), 0, 'nothing of the conversation is left in the browser');
	await close(both);
	watch.clean();
});

test('an agent signed out elsewhere, while the line was down, is told to sign in again and keeps the draft', { timeout: 60000 }, async (t) => {
	const both = await pair(t);
	const { desk, agent } = both;
	await desk.getByTestId('composer-text').fill('unsent words');
	line.down = true;
	line.cut();
	await seen(desk.getByTestId('offline-banner'));
	const direct = Object.assign(new Client({ url: `http://127.0.0.1:${line.to}` }, { staff: true }), { cookies: { ...agent.cookies } });
	const other = await new Client({ url: `http://127.0.0.1:${line.to}` }).signInAgent(logins.agents[0]);
	await direct.call('DELETE', '/session');
	line.down = false;
	await seen(desk.getByTestId('sign-in-email'));
	await desk.getByTestId('sign-in-email').fill(logins.agents[0]);
	await desk.getByTestId('sign-in-password').fill(logins.password);
	await desk.getByTestId('sign-in-submit').click();
	await becomes('the draft is kept', () => desk.getByTestId('composer-text').inputValue(), 'unsent words');
	us = both.agent = Object.assign(other, { segue });
	await close(both);
	watch.clean();
});
