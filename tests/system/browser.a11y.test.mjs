// Everybody can use it: axe on every page and state, light and dark, narrow and right to left, by keyboard alone,
// without motion, without jumps, with little to load.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { DESKTOP, PHONE, Watch, becomes, begin, counts, gone, launch, message, open, overflow, person, reply, seen, shows, typist, violations, write } from './lib/browser.mjs';
import { Client, Segue, demoData, demoLogins, root, until } from './lib/segue.mjs';

const SCRIPT_MAX = 60 * 1024;
const SHIFT_MAX = 0.02;
const LONG = 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft/https://halden.example/a/very/long/address/that/cannot/be/broken?with=many&things=in&it=1';

let segue, logins, browser, watch, customer, maya, omar, manager;

before(async () => {
	const dir = demoData();
	logins = demoLogins(dir);
	[segue, browser] = await Promise.all([new Segue(dir).start(), launch()]);
	customer = await new Client(segue).signInCustomer(logins.customer);
	[maya, omar] = await Promise.all(logins.agents.map((email) => new Client(segue).signInAgent(email)));
	manager = await new Client(segue).signInAgent(logins.manager);
});
after(async () => {
	await browser?.close();
	await segue?.end();
});

/** Looks at one state in every way; what is found is gathered, so that one run tells all of it. */
class Look {
	/** `least`: the width down to which everything stays in reach. */
	constructor(least = 320) {
		Object.assign(this, { faults: [], seen: 0, least });
	}

	add(name, how, found) {
		for (const one of found) this.faults.push(`${name} (${how}): ${one}`);
	}

	/** `narrow`: not for what closes when the window changes (menus). */
	async at(page, name, { narrow = true } = {}) {
		this.seen++;
		for (const colorScheme of ['dark', 'light']) {
			await page.emulateMedia({ colorScheme });
			this.add(name, colorScheme, await violations(page));
		}
		const size = page.viewportSize();
		const direct = (dir) => page.evaluate((to) => (document.documentElement.dir = to), dir);
		if (!narrow) return;
		await direct('rtl');
		this.add(name, `rtl ${size.width}`, await overflow(page));
		await page.setViewportSize({ ...size, width: this.least });
		this.add(name, `rtl ${this.least}`, await overflow(page));
		await direct('');
		this.add(name, String(this.least), await overflow(page));
		await page.setViewportSize(size);
	}

	clean(states) {
		assert.equal(this.faults.join('\n'), '');
		assert.ok(this.seen >= states, `${this.seen} states were looked at, ${states} expected`);
	}
}

async function end(interaction, agent) {
	await agent.post(`/interactions/${interaction}/wrap-up`, { summary: 'Done.', outcome: 'resolved' });
	await agent.post('/me/presence', { presence: 'offline' });
}

test('the portal: every page and state', { timeout: 120000 }, async () => {
	watch = new Watch();
	watch.expect(/Failed to load resource/);
	const look = new Look();
	const phone = await person(browser, segue, PHONE, watch);
	const page = await phone.newPage();
	await page.goto(`${segue.url}/`);
	await seen(page.getByTestId('email'));
	await look.at(page, 'sign-in');
	await page.getByTestId('email').fill('nobody');
	await page.getByTestId('send-link').click();
	await seen(page.getByRole('alert'));
	await look.at(page, 'sign-in, wrong address');
	await page.getByTestId('email').fill(`nobody.${'x'.repeat(50)}@example.com`);
	await page.getByTestId('send-link').click();
	await seen(page.getByTestId('mail-sent'));
	await look.at(page, 'mail sent');
	await page.goto(`${segue.url}/sign-in#token=${'0'.repeat(64)}`);
	await seen(page.getByTestId('link-failed'));
	await look.at(page, 'link failed');
	await page.close();

	const home = await open(phone, segue, customer, '/');
	await seen(home.getByTestId('stuff-row'));
	await look.at(home, 'home');
	await home.getByTestId('account-menu').click();
	await seen(home.getByTestId('theme-dark'));
	await look.at(home, 'account menu', { narrow: false });
	await home.keyboard.press('Escape');
	await home.getByTestId('search').fill('heat');
	await seen(home.getByTestId('found-article'));
	await look.at(home, 'search');
	await home.getByTestId('search').fill('zzqx');
	await shows(home.locator('main'), 'Nothing found');
	await look.at(home, 'nothing found');

	await phone.route('**/api/v1/me/stuff*', (route) => route.fulfill({ status: 500, contentType: 'application/problem+json', body: '{"status":500,"title":"Internal error"}' }));
	await home.goto(`${segue.url}/`);
	await seen(home.getByTestId('error-state'));
	await look.at(home, 'error with retry');
	await phone.unroute('**/api/v1/me/stuff*');
	await home.getByTestId('retry').click();
	await home.locator('[data-testid=stuff-row][data-kind=purchase]').first().click();
	await seen(home.getByTestId('topics'));
	await look.at(home, 'topics');
	await home.getByTestId('topic').filter({ hasText: 'It does not work' }).click();
	await home.getByTestId('topic').filter({ hasText: 'It shows an error code' }).click();
	await home.getByTestId('article-open').first().click();
	await home.getByTestId('helped-no').click();
	await look.at(home, 'help page, article in place');
	await home.getByTestId('article-card').first().getByRole('link').last().click();
	await seen(home.getByTestId('article'));
	await seen(home.getByTestId('helped'));
	await look.at(home, 'article');
	await home.goBack();

	await home.getByTestId('first-message').fill(LONG);
	await home.getByTestId('start-chat').click();
	await seen(home.getByTestId('waiting'));
	await look.at(home, 'waiting');
	await home.getByTestId('cancel-waiting').click();
	await seen(home.getByTestId('end-dialog'));
	await look.at(home, 'leave the line');
	await home.getByTestId('end-no').click();
	await gone(home.getByTestId('end-dialog'));
	const interaction = home.url().split('/').pop();
	await accept(maya, interaction);
	await becomes('in conversation', () => home.getByTestId('chat').getAttribute('data-phase'), 'active');
	await maya.post(`/interactions/${interaction}/messages`, { text: `Have a look: ${LONG}` });
	await seen(message(home, 'Have a look'));
	await home.getByTestId('file-input').setInputFiles({ name: `${'Ein sehr langer Name '.repeat(5)}.txt`, mimeType: 'text/plain', buffer: Buffer.from('text') });
	await seen(home.getByTestId('file-download'));
	const agent = await typist(maya, interaction);
	await agent.types();
	await seen(home.getByTestId('typing'));
	await look.at(home, 'conversation');
	await agent.close();
	await phone.setOffline(true);
	await seen(home.getByTestId('connection-banner'));
	await write(home, 'Kept for later');
	await look.at(home, 'conversation without a connection');
	await phone.setOffline(false);
	await gone(home.getByTestId('connection-banner'));
	await home.getByTestId('end-chat').click();
	await seen(home.getByTestId('end-dialog'));
	await look.at(home, 'end dialog');
	await home.getByTestId('end-no').click();
	await maya.post(`/interactions/${interaction}/end`);
	await seen(home.getByTestId('chat-ended'));
	await look.at(home, 'conversation, ended');
	await home.getByTestId('to-case').click();
	await maya.post(`/interactions/${interaction}/wrap-up`, { summary: `Reset. ${LONG}`, outcome: 'follow_up', next_step: `Engineer calls. ${LONG}`, due_at: '2031-01-02T10:00:00Z' });
	await maya.post('/me/presence', { presence: 'offline' });
	await seen(home.getByTestId('case-next-step'));
	await home.getByTestId('transcript-toggle').first().click();
	await seen(home.getByTestId('transcript').first().getByTestId('message'));
	await home.getByTestId('feedback-send').click();
	await counts(home.getByTestId('feedback').getByRole('alert'), 2);
	await look.at(home, 'case, with feedback to give');
	const caseId = home.url().split('/').pop();
	for (const text of [LONG, 'Changed.']) await customer.post(`/cases/${caseId}/feedback`, { outcome_score: 2, feeling_score: 4, follow_up: true, text });
	await home.reload();
	await home.getByTestId('feedback-history').locator('summary').click();
	await look.at(home, 'case, with feedback given');
	await home.getByTestId('feedback-change').click();
	await look.at(home, 'case, feedback changed');
	await home.goto(`${segue.url}/`);
	await seen(home.getByTestId('open-now'));
	await look.at(home, 'home with an open case');

	const nobody = '00000000-0000-7000-8000-000000000000';
	for (const [at, words] of [[`/case/${nobody}`, 'cannot find this case'], [`/chat/${nobody}`, 'cannot find this conversation'], [`/article/${nobody}`, 'cannot find this help page'], ['/nowhere', 'no such page']]) {
		await home.goto(segue.url + at);
		await shows(home.locator('main'), words);
		await look.at(home, `missing: ${at}`);
	}
	await phone.close();
	look.clean(26);
	watch.clean();
});

async function accept(agent, interaction) {
	const live = await agent.live();
	live.watch('desk');
	await live.command('set_presence', { presence: 'available' });
	const offer = await live.frame('offer', (f) => (f.interaction?.id === interaction && f.interaction.state === 'offered') || f.desk?.work?.some?.((one) => one.id === interaction && one.state === 'offered'));
	await live.command('accept_offer', { interaction, offer_no: offer.interaction?.offer_no ?? 1 });
	await live.close();
}

test('the desk: every state', { timeout: 120000 }, async () => {
	watch = new Watch();
	watch.expect(/Failed to load resource/);
	const look = new Look(1024);
	const context = await person(browser, segue, DESKTOP, watch);
	const page = await context.newPage();
	await page.goto(`${segue.url}/desk/`);
	await seen(page.getByTestId('sign-in-email'));
	await look.at(page, 'sign-in');
	await page.getByTestId('sign-in-email').fill(logins.agents[0]);
	await page.getByTestId('sign-in-password').fill('wrong');
	await page.getByTestId('sign-in-submit').click();
	await seen(page.getByTestId('sign-in-error'));
	await look.at(page, 'sign-in, refused');
	await page.getByTestId('sign-in-email').fill(logins.manager);
	await page.getByTestId('sign-in-password').fill(logins.password);
	await page.getByTestId('sign-in-submit').click();
	await seen(page.getByTestId('wrong-role'));
	await look.at(page, 'wrong role');
	await page.close();

	const desk = await open(context, segue, maya, '/desk/');
	await seen(desk.getByTestId('work-empty'));
	await look.at(desk, 'empty');
	await desk.getByTestId('presence').click();
	await seen(desk.getByTestId('presence-available'));
	await look.at(desk, 'presence menu', { narrow: false });
	await desk.keyboard.press('Escape');
	await gone(desk.getByTestId('presence-available'));
	await desk.getByTestId('settings').click();
	await seen(desk.getByTestId('theme-dark'));
	await look.at(desk, 'settings menu', { narrow: false });
	await desk.keyboard.press('Escape');
	await gone(desk.getByTestId('theme-dark'));
	await desk.getByTestId('go-available').click();
	const topic = (await customer.get('/topics?kind=purchase')).rows.find((t) => t.title === 'It leaks or drips');
	const item = (await customer.get('/me/stuff?kind=purchase')).rows[0];
	const article = (await customer.get(`/articles?topic=${topic.id}`)).rows[0];
	const { interaction } = await customer.post('/interactions', { channel: 'chat', topic: topic.id, item: item.ref, page: `/shop/${LONG}`, articles: [{ article: article.id, helped: false }], text: LONG });
	await seen(desk.getByTestId('offer'));
	await look.at(desk, 'offer');
	await desk.getByTestId('offer-take').click();
	await seen(message(desk, 'Donaudampfschiff'));
	await reply(desk, `Look here: ${LONG}`);
	await desk.keyboard.press('Alt+n');
	await desk.getByTestId('composer-text').fill('A note.');
	await look.at(desk, 'conversation, writing a note');
	await desk.getByTestId('composer-text').press('Enter');
	await seen(desk.getByTestId('note'));
	for (const fold of ['who', 'item', 'past', 'feedback', 'items']) {
		const one = desk.getByTestId(`fold-${fold}`);
		if ((await one.count()) > 0) await one.locator('summary').first().click();
	}
	const them = await typist(customer, interaction);
	await them.types();
	await seen(desk.getByTestId('thread').getByTestId('typing'));
	await look.at(desk, 'conversation, all folds open');
	await them.close();
	await desk.getByTestId('open-canned').click();
	await seen(desk.getByTestId('canned-option'));
	await look.at(desk, 'canned answers');
	await desk.getByTestId('composer-text').fill('');
	await desk.getByTestId('line-tried').getByRole('button').first().click();
	await seen(desk.getByTestId('article'));
	await look.at(desk, 'article');
	await desk.keyboard.press('Escape');
	await gone(desk.getByTestId('article'));
	await desk.getByTestId('transfer').click();
	await seen(desk.getByTestId('transfer-dialog'));
	await seen(desk.getByTestId('transfer-agent'));
	await desk.getByTestId('transfer-go').click();
	await look.at(desk, 'transfer dialog');
	await desk.keyboard.press('Escape');
	await gone(desk.getByTestId('transfer-dialog'));
	await desk.keyboard.press('Control+k');
	await look.at(desk, 'palette');
	await desk.getByTestId('palette-input').fill('a');
	await seen(desk.getByTestId('palette-person'));
	await look.at(desk, 'palette with people');
	await desk.getByTestId('palette-person').first().click();
	await seen(desk.getByTestId('identities'));
	await look.at(desk, 'person');
	await desk.getByTestId('back').click();
	await desk.getByTestId('open-case').click();
	await seen(desk.getByTestId('case-view').getByTestId('past-contact'));
	await look.at(desk, 'case');
	await desk.getByTestId('back').click();
	await desk.getByTestId('open-keys').click();
	await seen(desk.getByTestId('keys-dialog'));
	await look.at(desk, 'keys');
	await desk.keyboard.press('Escape');
	await gone(desk.getByTestId('keys-dialog'));
	await context.setOffline(true);
	await seen(desk.getByTestId('offline-banner'));
	await reply(desk, 'Kept for later.');
	await look.at(desk, 'conversation without a connection');
	await context.setOffline(false);
	await gone(desk.getByTestId('offline-banner'));
	await seen(desk.getByTestId('toast'));
	await desk.getByTestId('end').click();
	await seen(desk.getByTestId('end-dialog'));
	await look.at(desk, 'end dialog, with a toast');
	await desk.getByTestId('end-confirm').click();
	await seen(desk.getByTestId('wrapup'));
	await desk.getByTestId('wrapup-summary').fill('');
	await desk.getByTestId('wrapup-submit').click();
	await seen(desk.getByTestId('wrapup').getByRole('alert'));
	await look.at(desk, 'wrap-up, refused');
	await end(interaction, maya);
	await context.close();
	look.clean(20);
	watch.clean();
});

test('the console: every page and drawer', { timeout: 60000 }, async () => {
	watch = new Watch();
	watch.expect(/Failed to load resource/);
	const look = new Look();
	const context = await person(browser, segue, DESKTOP, watch);
	const topic = (await customer.get('/topics?kind=purchase')).rows.find((t) => t.title === 'It leaks or drips');
	const { interaction } = await customer.post('/interactions', { channel: 'chat', topic: topic.id, text: LONG });
	const page = await context.newPage();
	await page.goto(`${segue.url}/console/`);
	await seen(page.getByTestId('sign-in-email'));
	await look.at(page, 'sign-in');
	await page.close();
	const board = await open(context, segue, manager, '/console/');
	await seen(board.getByTestId('waiting-row'));
	await look.at(board, 'live');
	await board.getByTestId('queue-waiting').first().click();
	await seen(board.getByTestId('queue-filter'));
	await look.at(board, 'one queue');
	await board.getByTestId('queue-filter').click();
	await board.getByTestId('waiting-row').click();
	await seen(board.getByTestId('drawer-transcript'));
	await look.at(board, 'contact drawer');
	await board.keyboard.press('Escape');
	await gone(board.getByTestId('contact-drawer'));
	await board.getByTestId('nav-cases').click();
	await seen(board.getByTestId('case-row'));
	await look.at(board, 'cases');
	await board.getByTestId('case-open').first().click();
	await seen(board.getByTestId('case-drawer').getByTestId('past-contact'));
	await board.getByTestId('case-drawer').getByTestId('past-contact').first().click();
	await look.at(board, 'case drawer');
	await board.keyboard.press('Escape');
	await board.getByTestId('case-number').fill('999999');
	await counts(board.getByTestId('case-row'), 0);
	await look.at(board, 'no such case');
	await context.setOffline(true);
	await seen(board.getByTestId('offline-banner'));
	await look.at(board, 'without a connection');
	await context.setOffline(false);
	await customer.post(`/interactions/${interaction}/end`);
	await context.close();
	look.clean(8);
	watch.clean();
});

test('from home to feedback by keyboard alone', { timeout: 60000 }, async () => {
	watch = new Watch();
	const context = await person(browser, segue, DESKTOP, watch);
	const page = await open(context, segue, customer, '/');
	await seen(page.getByTestId('stuff-row'));
	const keys = page.keyboard;
	/** Tab until the focus is there, and see that it can be seen. */
	const reach = async (what, selector, key = 'Tab') => {
		await until(`${what} is there`, () => page.evaluate((s) => document.querySelector(s) !== null, selector));
		for (let n = 0; n < 80; n++) {
			const at = await page.evaluate((s) => {
				const node = document.activeElement;
				if (!node?.matches(s)) return null;
				const ringed = (one) => one && (getComputedStyle(one).outlineStyle !== 'none' || getComputedStyle(one).boxShadow !== 'none');
				return ringed(node) || ringed(node.parentElement) || ringed(node.closest('label')) ? 'ringed' : 'bare';
			}, selector);
			if (at) return assert.equal(at, 'ringed', `the focus on ${what} can be seen`);
			await keys.press(key);
		}
		assert.fail(`Tab does not reach ${what}`);
	};
	const id = (name) => `[data-testid=${name}]`;
	await keys.press('Tab');
	await becomes('the first stop skips to the content', () => page.evaluate(() => document.activeElement.className.includes('skip')), true);
	await reach('the search', id('search'));
	await reach('a filter', `${id('chip')}[data-kind=purchase]`);
	await keys.press('Enter');
	await becomes('filtered', () => page.getByTestId('stuff-row').evaluateAll((all) => all.every((one) => one.dataset.kind === 'purchase')), true);
	await reach('a purchase', `${id('stuff-row')}[data-kind=purchase]`);
	await keys.press('Enter');
	await seen(page.getByTestId('topic'));
	await becomes('the focus is at the heading of the new page', () => page.evaluate(() => document.activeElement.tagName), 'H1');
	await reach('a topic', id('topic'));
	await keys.press('Enter');
	await becomes('the second level', () => page.url(), /topic=/);
	await shows(page.locator('h1'), 'It does not work');
	await becomes('the focus is at the heading', () => page.evaluate(() => document.activeElement.tagName), 'H1');
	const third = await page.getByTestId('topic').nth(2).getAttribute('data-topic');
	await reach('a topic of the second level', `[data-topic="${third}"]`);
	await keys.press('Enter');
	await seen(page.getByTestId('article-card'));
	await reach('an article', id('article-open'));
	await keys.press('Enter');
	await seen(page.getByTestId('helped-no'));
	await reach('"no"', id('helped-no'));
	await keys.press('Enter');
	await reach('the first message', id('first-message'));
	await keys.type('By keyboard.');
	await reach('start', id('start-chat'));
	await keys.press('Enter');
	await seen(page.getByTestId('waiting'));
	const interaction = page.url().split('/').pop();
	await accept(maya, interaction);
	await becomes('in conversation', () => page.getByTestId('chat').getAttribute('data-phase'), 'active');
	await reach('the message box', id('message-box'));
	await keys.type('I write');
	await keys.press('Shift+Enter');
	await keys.type('two lines.');
	await keys.press('Enter');
	await becomes('sent', () => message(page, 'I write').getAttribute('data-status'), /stored|read/);
	assert.match(await message(page, 'I write').locator('.bubble').innerText(), /I write\ntwo lines\./);
	await maya.post(`/interactions/${interaction}/messages`, { text: 'Read aloud, please.' });
	await shows(page.getByTestId('live-region'), 'Read aloud, please.');
	await reach('end', id('end-chat'), 'Shift+Tab');
	await keys.press('Enter');
	await seen(page.getByTestId('end-dialog'));
	await becomes('the focus is in the dialog', () => page.evaluate(() => document.activeElement.closest('[role=dialog],[role=alertdialog]') !== null), true);
	await keys.press('Escape');
	await gone(page.getByTestId('end-dialog'));
	await becomes('the focus is back', () => page.evaluate(() => document.activeElement.dataset.testid ?? document.activeElement.tagName), 'end-chat');
	await keys.press('Enter');
	await reach('end conversation', id('end-yes'));
	await keys.press('Enter');
	await seen(page.getByTestId('feedback'));
	await reach('the first question', `${id('faces-outcome')} input`);
	for (const key of ['Space', 'ArrowRight', 'ArrowRight', 'ArrowRight']) await keys.press(key);
	await reach('the second question', `${id('faces-feeling')} input`);
	for (const key of ['Space', 'ArrowRight']) await keys.press(key);
	await reach('the comment', id('feedback-comment'));
	await keys.type('By keyboard alone.');
	await reach('get back to me', id('feedback-follow-up'));
	await keys.press('Space');
	await reach('send', id('feedback-send'));
	await keys.press('Enter');
	await shows(page.getByTestId('feedback-given'), 'By keyboard alone.');
	await shows(page.getByTestId('feedback-given'), /Mostly.*Bad/s);
	await end(interaction, maya);
	await context.close();
	watch.clean();
});

test('nothing jumps, and nothing moves for those who want no motion', { timeout: 60000 }, async () => {
	watch = new Watch();
	const context = await person(browser, segue, PHONE, watch);
	await context.addInitScript(() => {
		window.__shift = [];
		new PerformanceObserver((list) => {
			for (const one of list.getEntries()) if (!one.hadRecentInput) window.__shift.push({ value: one.value, nodes: one.sources.map((s) => s.node?.outerHTML?.slice(0, 120)) });
		}).observe({ type: 'layout-shift', buffered: true });
	});
	const still = async (page, name) => {
		const shifts = await page.evaluate(() => window.__shift);
		const sum = shifts.reduce((all, one) => all + one.value, 0);
		assert.ok(sum < SHIFT_MAX, `${name}: ${sum} shifted: ${JSON.stringify(shifts, null, 1)}`);
	};
	const { interaction } = await begin(segue, customer, maya, 'Hello.');
	const page = await open(context, segue, customer, '/');
	await seen(page.getByTestId('stuff-row'));
	await seen(page.getByTestId('open-interaction'));
	await seen(page.getByTestId('account-menu'));
	await still(page, 'home');
	const chat = await context.newPage();
	await chat.goto(`${segue.url}/chat/${interaction}`);
	await seen(message(chat, 'Hello.'));
	const agent = await typist(maya, interaction);
	for (let n = 0; n < 12; n++) {
		await agent.types();
		if (n === 0) {
			await seen(chat.getByTestId('typing'));
			const moving = await chat.evaluate(() => document.getAnimations().filter((one) => one.playState === 'running' && Number(one.effect.getComputedTiming().duration) > 1).length);
			assert.equal(moving, 0, 'nothing moves with reduced motion');
		}
		await maya.post(`/interactions/${interaction}/messages`, { text: `Line ${n}: a message of some length, so that it takes more than one row.` });
		await seen(message(chat, `Line ${n}:`));
	}
	await agent.close();
	await still(chat, 'conversation');
	await end(interaction, maya);
	await context.close();
	watch.clean();
});

/** The scripts of a page that must be there before it begins: those it names, and what they import at once. */
function needed(dist) {
	const found = new Set();
	const add = (name) => {
		if (found.has(name)) return;
		found.add(name);
		const text = fs.readFileSync(path.join(dist, name), 'utf8');
		for (const [, from] of text.matchAll(/(?:\bfrom|\bimport)\s*["'](\.[^"']+\.js)["']/g)) add(path.posix.join(path.posix.dirname(name), from));
	};
	for (const [, name] of fs.readFileSync(path.join(dist, 'index.html'), 'utf8').matchAll(/<(?:script|link)[^>]+(?:src|href)="\/([^"]+\.js)"/g)) add(name);
	return found;
}

test('the portal needs little to begin', { timeout: 30000 }, async () => {
	watch = new Watch();
	watch.expect(/Failed to load resource: net::ERR_FAILED/, /Failed to fetch dynamically imported module/);
	const dist = path.join(root, 'web/portal/dist');
	const scripts = needed(dist);
	const context = await person(browser, segue, PHONE, watch);
	// With nothing but these it shows what there is; the rest comes when the page is quiet.
	await context.route(/\.js$/, (route) => (scripts.has(new URL(route.request().url()).pathname.slice(1)) ? route.continue() : route.abort()));
	const page = await open(context, segue, customer, '/');
	await seen(page.getByTestId('stuff-row'));
	const sizes = Object.fromEntries([...scripts].map((one) => [one, fs.statSync(path.join(dist, `${one}.gz`)).size]));
	const sum = Object.values(sizes).reduce((all, one) => all + one, 0);
	assert.ok(scripts.size > 1 && sum <= SCRIPT_MAX, `${sum} bytes of script, at most ${SCRIPT_MAX}: ${JSON.stringify(sizes, null, 1)}`);
	console.log(`portal: ${(sum / 1024).toFixed(1)} KiB of script, gzip, in ${scripts.size} files`);
	await context.close();
	watch.clean();
});
