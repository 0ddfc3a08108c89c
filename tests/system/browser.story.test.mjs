// The whole story in a browser: a customer on a phone, two agents and a manager, from Need Help to feedback and again.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, test } from 'node:test';
import { DESKTOP, PHONE, Watch, becomes, counts, gone, launch, message, person, reply, seen, shot, shots, shows, signInByLink, signInStaff, write } from './lib/browser.mjs';
import { Segue, demoData, demoLogins, until } from './lib/segue.mjs';

const FIRST = 'The display shows E4 since this morning and the house gets cold.';
const PHOTO = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==', 'base64');

let segue, logins, browser;
const watch = new Watch();

before(async () => {
	const dir = shots ? demoData({ persons: 2000, items: 10000, contacts: 5000 }) : demoData();
	logins = demoLogins(dir);
	[segue, browser] = await Promise.all([new Segue(dir, { args: ['--company', 'Halden Energy & Home'] }).start(), launch()]);
});
after(async () => {
	await browser?.close();
	await segue?.end();
});

test('a customer, two agents and a manager: from Need Help to feedback, and again from the case', { timeout: 120000 }, async () => {
	const [phone, one, two, three] = await Promise.all([person(browser, segue, PHONE, watch), ...[1, 2, 3].map(() => person(browser, segue, DESKTOP, watch))]);
	const [customer, maya, omar, manager] = await Promise.all([
		signInByLink(phone, segue, logins.customer, (what, page) => shot(page, what === 'asking' ? 'portal-sign-in' : 'portal-mail')),
		signInStaff(one, segue, 'desk', logins.agents[0], logins.password),
		signInStaff(two, segue, 'desk', logins.agents[1], logins.password),
		signInStaff(three, segue, 'console', logins.manager, logins.password)
	]);

	const topic = await needHelp(customer);
	const article = await helpPage(customer, topic);
	const name = await waiting(customer, maya, manager);
	await offered(customer, maya, manager, { name, topic, article });
	await talk(customer, maya);
	await handOver(customer, maya, omar, manager);
	const number = await finish(customer, omar);
	await feedback(customer);
	await again(customer, { maya, omar }, number);
	await look(manager, number);
	watch.clean();
});

/** My Stuff, its filter and its search, and the way to a topic of the second level. */
async function needHelp(page) {
	const rows = page.getByTestId('stuff-row');
	await seen(rows);
	await seen(page.getByTestId('account-menu'));
	await shot(page, 'portal-home');
	await page.locator('[data-testid=chip][data-kind=purchase]').click();
	await becomes('only purchases are shown', () => rows.evaluateAll((all) => all.length > 0 && all.every((one) => one.dataset.kind === 'purchase')), true);
	await page.getByTestId('chips').getByRole('button').first().click();
	await page.getByTestId('search').fill('heat pump');
	await seen(page.getByTestId('found-article'));
	await becomes('every thing found is about heat pumps', () => rows.evaluateAll((all) => all.length > 0 && all.every((one) => /heat pump/i.test(one.textContent))), true);
	assert.match(page.url(), /\?q=heat\+pump/);
	await shot(page, 'portal-search');
	await page.getByTestId('search').fill('zzqx');
	await gone(page.getByTestId('stuff'));
	await page.getByTestId('search').fill('');
	await gone(page.getByTestId('found-articles'));

	await page.locator('[data-testid=stuff-row][data-kind=purchase]').filter({ hasText: /heat pump/i }).first().click();
	await seen(page.getByTestId('topics'));
	assert.match(await page.locator('h1').innerText(), /heat pump/i);
	await shot(page, 'portal-topics');
	await page.getByTestId('topic').filter({ hasText: 'It does not work' }).click();
	const second = page.getByTestId('topic').filter({ hasText: 'It shows an error code' });
	await seen(second);
	await shot(page, 'portal-topics-second');
	await second.click();
	await shows(page.locator('h1'), 'It shows an error code');
	return 'It does not work › It shows an error code';
}

/** Articles beside Contact us; one is read in place and does not help. */
async function helpPage(page) {
	const cards = page.getByTestId('article-card');
	await seen(cards);
	const n = await cards.count();
	assert.ok(n >= 1 && n <= 3, `${n} articles`);
	await seen(page.getByTestId('contact-us'));
	const address = page.url();
	const fits = cards.filter({ hasText: /heat pump/i });
	const card = (await fits.count()) > 0 ? fits.first() : cards.first();
	const title = (await card.locator('.title').innerText()).trim();
	await shot(page, 'portal-help', { tall: 1180 });
	await card.getByTestId('article-open').click();
	await seen(card.getByTestId('helped'));
	await shot(page, 'portal-article');
	await page.getByTestId('helped-no').click();
	await shows(page.getByTestId('helped').getByRole('status'), /Sorry/);
	assert.equal(page.url(), address, 'the article opens in place');
	assert.equal(await page.getByTestId('helped-no').getAttribute('aria-pressed'), 'true');
	const chat = page.locator('[data-testid=offer][data-channel=chat]');
	assert.equal(await chat.getAttribute('data-offered'), 'true');
	for (const offer of await page.getByTestId('offer').all()) assert.ok((await offer.locator('.wait').innerText()).trim().length > 3, 'each channel says its wait or why not');
	await page.getByTestId('first-message').fill(FIRST);
	return title;
}

async function waiting(customer, maya, manager) {
	await customer.getByTestId('start-chat').click();
	const box = customer.getByTestId('waiting');
	await becomes('first in line', () => box.getAttribute('data-position'), '1');
	await shows(box, 'Nobody is here right now');
	await seen(message(customer, FIRST));
	await shot(customer, 'portal-waiting');

	// The manager sees who waits, for what and since when, and that nobody is there.
	const row = manager.getByTestId('waiting-row');
	await counts(row, 1, 'one waits');
	await shows(row, 'It shows an error code');
	await shows(row.getByTestId('waiting-since'), /^\d+:\d\d$/);
	assert.equal(await manager.getByTestId('queue-waiting').evaluateAll((all) => all.reduce((sum, one) => sum + Number(one.textContent), 0)), 1);
	const name = (await row.locator('.name').innerText()).trim();
	await shot(manager, 'console-live-waiting');
	await row.click();
	await shows(manager.getByTestId('drawer-transcript'), FIRST);
	await shot(manager, 'console-contact');
	await manager.getByTestId('drawer-close').click();
	await seen(maya.getByTestId('work-empty'));
	await shot(maya, 'desk-away');
	return name;
}

async function offered(customer, maya, manager, { name, topic, article }) {
	await maya.getByTestId('go-available').click();
	const offer = maya.getByTestId('offer');
	await seen(offer);
	const left = await becomes('the countdown', async () => Number(await maya.getByTestId('offer-left').textContent()), (n) => n > 0 && n <= 20);
	await shows(offer, name);
	for (const [line, want] of Object.entries({ who: /Customer since \d{4}/i, what: /heat pump/i, why: topic, tried: article, where: '/help' })) await shows(offer.getByTestId(`line-${line}`), want);
	await shows(offer, FIRST);
	await shot(maya, 'desk-offer');
	await becomes('the countdown counts down', async () => Number(await maya.getByTestId('offer-left').textContent()), (n) => n < left);
	await maya.keyboard.press('Enter');

	const context = maya.getByTestId('context');
	await shows(maya.getByTestId('contact-header'), name);
	for (const [line, want] of Object.entries({ who: name, what: /heat pump/i, why: topic, tried: new RegExp(`${article.replace(/[^\w ]/g, '.')}.*not`, 's'), where: '/help' })) await shows(context.getByTestId(`line-${line}`), want);
	await seen(context.getByTestId('fold-past'));
	await context.getByTestId('fold-past').locator('summary').click();
	await context.getByTestId('past-contact').first().click();
	await seen(context.getByTestId('transcript').getByTestId('message'));
	await context.getByTestId('fold-past').locator('summary').click();
	await seen(message(maya, FIRST));

	await becomes('the customer is in conversation', () => customer.getByTestId('chat').getAttribute('data-phase'), 'active');
	await gone(customer.getByTestId('waiting'));
	await shows(customer.getByTestId('system-line').last(), 'Maya');
	await counts(manager.getByTestId('waiting-row'), 0, 'nobody waits');
	await busy(manager, 'Maya', 1);
}

const busy = (manager, who, held) => shows(manager.getByTestId('agent-row').filter({ hasText: who }).getByTestId('load'), new RegExp(`^\\D*${held}\\D`));

async function talk(customer, maya) {
	const typing = customer.getByTestId('typing');
	await maya.getByTestId('composer-text').pressSequentially('Good morning! ');
	await seen(typing);
	await shows(typing, 'Maya');
	await shot(customer, 'portal-typing');
	await maya.getByTestId('composer-text').pressSequentially('Let us look at it together.');
	await maya.keyboard.press('Enter');
	await seen(message(customer, 'Let us look at it together.'));
	await gone(typing);
	await becomes('the customer has read it', () => message(maya, 'Let us look at it together.').getAttribute('data-status'), 'read');

	await customer.getByTestId('message-box').pressSequentially('Thank you.');
	await seen(maya.getByTestId('thread').getByTestId('typing'));
	await customer.getByTestId('send').click();
	await seen(message(maya, 'Thank you.'));
	await becomes('the agent has read it', () => message(customer, 'Thank you.').getAttribute('data-status'), 'read');

	// A canned answer, filled in, by "/".
	await maya.getByTestId('composer-text').fill('');
	await maya.keyboard.type('/');
	await becomes('canned answers are offered', () => maya.getByTestId('canned-option').count(), (n) => n > 3);
	await shot(maya, 'desk-canned');
	await maya.keyboard.type('casenr');
	await shows(maya.getByTestId('canned-option').first(), '/casenr');
	await maya.keyboard.press('Enter');
	const words = await becomes('the canned answer', () => maya.getByTestId('composer-text').inputValue(), /^Your case is \d+\./);
	await maya.keyboard.press('Enter');
	await seen(message(customer, words));

	// A note: the customer never sees it.
	await maya.keyboard.press('Alt+n');
	await becomes('writing a note', () => maya.getByTestId('composer').getAttribute('data-mode'), 'note');
	await maya.keyboard.type('E4 is the flow sensor. Second time this winter.');
	await maya.keyboard.press('Enter');
	await shows(maya.getByTestId('note'), 'flow sensor');
	await gone(maya.getByTestId('note-sending'));

	// A file from the customer, downloaded by the agent.
	await customer.getByTestId('file-input').setInputFiles({ name: 'Display – E4 ü.png', mimeType: 'image/png', buffer: PHOTO });
	await seen(customer.getByTestId('message').getByTestId('file-download'));
	const chip = maya.getByTestId('message').getByTestId('file-download');
	await shows(chip, 'Display – E4 ü.png');
	const [download] = await Promise.all([maya.waitForEvent('download'), chip.click()]);
	assert.equal(download.suggestedFilename(), 'Display – E4 ü.png');
	assert.deepEqual(fs.readFileSync(await download.path()), PHOTO);
	await write(customer, 'This is what it shows.');
	await seen(message(maya, 'This is what it shows.'));
	assert.equal(await customer.getByText('flow sensor').count(), 0, 'the note stays inside');
	await shot(customer, 'portal-conversation');
	await shot(maya, 'desk-conversation');
}

async function handOver(customer, maya, omar, manager) {
	await omar.getByTestId('go-available').click();
	await becomes('Omar is available', () => omar.getByTestId('presence-now').getAttribute('data-presence'), 'available');
	await maya.keyboard.press('Alt+t');
	await seen(maya.getByTestId('transfer-dialog'));
	await maya.getByTestId('transfer-filter').fill('Omar');
	await shows(maya.getByTestId('transfer-dialog').locator('label').filter({ has: maya.getByTestId('transfer-agent') }).first(), 'Omar', 'Omar is found first');
	const choice = maya.getByTestId('transfer-agent').first();
	await becomes('Omar can be chosen', () => choice.isEnabled(), true);
	await maya.keyboard.press('ArrowDown');
	assert.ok(await choice.isChecked(), 'the arrow goes from the filter to what it found');
	await maya.getByTestId('transfer-note').fill('Knows the E4 fault. Flow sensor was changed in spring.');
	await shot(maya, 'desk-transfer');
	await maya.keyboard.press('Control+Enter');
	await gone(maya.getByTestId('transfer-dialog'));
	await seen(omar.getByTestId('offer'));
	await shows(customer.getByTestId('system-line').last(), /passed on to a colleague/);
	await omar.locator('body').click({ position: { x: 700, y: 450 } });
	await omar.keyboard.press('Enter');
	await seen(message(omar, FIRST));
	await shows(omar.getByTestId('thread'), 'Knows the E4 fault.');
	await shows(omar.getByTestId('note'), 'flow sensor');
	await shows(customer.getByTestId('system-line').last(), 'Omar');
	await reply(omar, 'Hello, I am Omar. I have read everything: it is the flow sensor again. An engineer comes to change it.');
	await seen(message(customer, 'I am Omar'));
	await seen(maya.getByTestId('work-empty'));
	await busy(manager, 'Maya', 0);
	await busy(manager, 'Omar', 1);
	assert.equal(await customer.getByText('Knows the E4 fault').count(), 0, 'the note of the transfer stays inside');
	await shot(manager, 'console-live-busy');
	await shot(omar, 'desk-after-transfer');
}

/** Wrap-up; the customer, who looks at the case meanwhile, sees it change. */
async function finish(customer, omar) {
	await omar.keyboard.press('Alt+x');
	await seen(omar.getByTestId('end-dialog'));
	await omar.getByTestId('end-confirm').click();
	await seen(omar.getByTestId('wrapup'));
	await seen(customer.getByTestId('chat-ended'));
	await shot(customer, 'portal-ended');
	await customer.getByTestId('to-case').click();
	await seen(customer.getByTestId('contacts'));

	await omar.getByTestId('outcome-follow_up').check({ force: true });
	await omar.getByTestId('wrapup-summary').fill('Fault E4: flow sensor defective again. Heating runs on backup until the engineer comes.');
	await omar.getByTestId('wrapup-next').fill('Engineer changes the flow sensor');
	await omar.getByTestId('wrapup-due').fill('2031-02-03');
	await shot(omar, 'desk-wrapup');
	await omar.getByTestId('wrapup-submit').click();
	await gone(omar.getByTestId('wrapup'));

	await shows(customer.getByTestId('case-status'), 'We are working on it');
	await shows(customer.getByTestId('case-next-step'), 'Engineer changes the flow sensor');
	await shows(customer.getByTestId('case-summary'), 'flow sensor defective again');
	await shows(customer.getByTestId('case'), /By .*3 Feb/);
	const number = /\d+/.exec(await customer.getByTestId('case-number').innerText())[0];
	await seen(customer.getByTestId('case-files'));
	await shot(customer, 'portal-case', { tall: 1180 });
	await customer.getByTestId('transcript-toggle').first().click();
	await seen(customer.getByTestId('transcript').first().getByTestId('message').filter({ hasText: 'Thank you.' }));
	assert.equal(await customer.getByText('Second time this winter').count(), 0);
	return number;
}

async function feedback(customer) {
	const form = customer.getByTestId('feedback');
	await form.getByTestId('feedback-send').click();
	await counts(form.getByRole('alert'), 2, 'both questions want an answer');
	await form.getByTestId('faces-outcome').getByText('Partly').click();
	await form.getByTestId('faces-feeling').getByText('Very good').click();
	await form.getByTestId('feedback-comment').fill('Friendly and quick, but it is the second time.');
	await form.getByTestId('feedback-follow-up').check();
	await shot(customer, 'portal-feedback');
	await form.getByTestId('feedback-send').click();
	await shows(form.getByTestId('feedback-given'), 'Friendly and quick');
	assert.equal(await form.getAttribute('data-version'), '1');

	await customer.reload();
	await seen(form.getByTestId('feedback-change'));
	await form.getByTestId('feedback-change').click();
	await form.getByTestId('faces-outcome').getByText('Fully').click();
	await form.getByTestId('feedback-comment').fill('It works now.');
	await form.getByTestId('feedback-follow-up').uncheck();
	await form.getByTestId('feedback-send').click();
	await becomes('the second version', () => form.getAttribute('data-version'), '2');
	await customer.reload();
	await shows(form.getByTestId('feedback-given'), 'It works now.');
	await form.getByTestId('feedback-history').locator('summary').click();
	await shows(form.getByTestId('feedback-history'), 'Friendly and quick');
	await form.scrollIntoViewIfNeeded();
	await shot(customer, 'portal-feedback-history');
}

/** From the case, to whoever is free: all is known. */
async function again(customer, { maya, omar }, number) {
	await customer.getByTestId('contact-about').click();
	await shows(customer.getByTestId('contact-us'), `case ${number}`);
	await customer.getByTestId('first-message').fill('When does the engineer come?');
	await customer.getByTestId('start-chat').click();
	const [agent] = await until('one of them is offered it', async () => {
		const ringing = [];
		for (const page of [maya, omar]) if ((await page.getByTestId('offer').count()) > 0) ringing.push(page);
		return ringing.length > 0 && ringing;
	});
	await agent.getByTestId('offer-take').click();
	const context = agent.getByTestId('context');
	await shows(agent.getByTestId('contact-header'), `Case ${number}`);
	await shows(context.getByTestId('line-what'), /heat pump/i);
	await shows(context.getByTestId('line-why'), 'It shows an error code');
	await shows(context.getByTestId('fold-case'), 'Engineer changes the flow sensor');
	await context.getByTestId('fold-feedback').locator('summary').click();
	await seen(context.getByTestId('feedback').filter({ hasText: 'It works now.' }));
	await agent.getByTestId('earlier').click();
	await agent.getByTestId('thread').getByTestId('past-contact').first().click();
	await shows(agent.getByTestId('thread').getByTestId('transcript'), 'it is the flow sensor again');
	await shot(agent, 'desk-known');
	await agent.keyboard.press('Control+k');
	await agent.getByTestId('palette-input').fill(number);
	await seen(agent.getByTestId('palette-case'));
	await shot(agent, 'desk-palette');
	await agent.keyboard.press('Enter');
	await shows(agent.getByTestId('case-view'), 'It works now.');
	await shot(agent, 'desk-case');

	// The customer leaves the conversation; Open now at home holds what is left.
	await customer.getByTestId('end-chat').click();
	await customer.getByTestId('end-yes').click();
	await counts(customer.getByTestId('contact'), 2, 'both contacts stand in the case');
	await customer.getByTestId('back').click();
	await shows(customer.getByTestId('open-now'), number);
	await shot(customer, 'portal-open-now');
}

async function look(manager, number) {
	await counts(manager.getByTestId('waiting-row'), 0);
	await manager.getByTestId('nav-cases').click();
	await seen(manager.getByTestId('case-row'));
	await shot(manager, 'console-cases');
	await manager.getByTestId('case-number').fill(number);
	await counts(manager.getByTestId('case-row'), 1);
	await manager.getByTestId('case-open').click();
	await shows(manager.getByTestId('case-drawer'), 'It works now.');
	await shot(manager, 'console-case');
}
