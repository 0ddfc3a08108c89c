// What people write is shown as they wrote it, and does nothing: in names, titles, messages, notes, files, answers.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { DESKTOP, PHONE, Watch, becomes, counts, gone, launch, message, open, person, seen, topicFor } from './lib/browser.mjs';
import { hostile } from './lib/browser_strings.mjs';
import { Client, Segue, demoData, demoLogins, program } from './lib/segue.mjs';

const N = hostile.length;
const ALL = hostile.join('\n');
let segue, logins, browser, customer, agent, manager, token, hero, cases;
const watch = new Watch();

before(async () => {
	const dir = demoData();
	logins = demoLogins(dir);
	const made = spawnSync(program, ['token', 'add', 'hostile', '--data', dir], { encoding: 'utf8' });
	assert.equal(made.status, 0, made.stderr);
	token = /[\w.-]{20,}/.exec(made.stdout)[0];
	[segue, browser] = await Promise.all([new Segue(dir).start(), launch()]);
	customer = await new Client(segue).signInCustomer(logins.customer);
	agent = await new Client(segue).signInAgent(logins.agents[0]);
	manager = await new Client(segue).signInAgent(logins.manager);
	hero = await agent.get(`/persons/${customer.me.id}`);
});
after(async () => {
	await browser?.close();
	await segue?.end();
});

const put = (at, body) => new Client(segue).call('PUT', at, { body, headers: { Authorization: `Bearer ${token}` } });

/** Nothing of it became an element, nothing ran, and each of `texts` can be read. */
async function harmless(page, name, texts = hostile) {
	const found = await page.evaluate((wanted) => {
		const bad = ['script:not([src])', 'iframe', 'object', 'embed', 'base', 'meta[http-equiv]', 'marquee', 'video', 'audio', 'math', 'noscript img', '[onerror]', '[onload]', '[onfocus]', '[onmouseover]', '[onbegin]', '[ontoggle]', '[onstart]', 'a[href^="javascript:" i]', 'a[href^="data:"]', '[src*="evil"]', '[href*="evil"]', '[action*="evil"]', 'img[src="x"]', '[style*="evil"]'];
		const plain = (text) => text.replace(/\s+/g, ' ');
		const said = plain([document.body.textContent, ...[...document.querySelectorAll('input,textarea')].map((one) => one.value)].join(' '));
		return { ran: window.__xss ?? null, made: bad.filter((one) => document.querySelector(one)), lost: wanted.filter((one) => !said.includes(plain(one))) };
	}, texts);
	assert.deepEqual(found, { ran: null, made: [], lost: [] }, name);
}

test('sixty hostile lines stay text, everywhere', { timeout: 120000 }, async () => {
	assert.equal(N, 60);
	const { topic, started, file } = await fill();
	const [phone, office, board] = await Promise.all([person(browser, segue, PHONE, watch), person(browser, segue, DESKTOP, watch), person(browser, segue, DESKTOP, watch)]);
	await office.route('**/api/v1/canned*', (route) => route.fulfill({ contentType: 'application/json', body: JSON.stringify({ rows: hostile.slice(0, 8).map((text, n) => ({ id: `019aa3b5-ec00-7a0c-b466-2a18002778${10 + n}`, name: `h${n}`, title: text, text })) }) }));
	await consoleLive(await open(board, segue, manager, '/console/'));
	const home = await open(phone, segue, customer, '/');
	await portal(home, topic);
	const desk = await open(office, segue, agent, '/desk/');
	const taken = await deskOffer(desk);
	await talk(home, desk, taken, file);
	await afterwards(home, desk, taken, board);
	await addresses(home);
	assert.ok(started.length === N);
	watch.clean();
});

/** One person has at most ten conversations open: these are the hero's, the first of them rings first. */
const HEROS = [0, 1, 12, 47];

/** The others who wait in line, with the same kind of names and things. */
async function friends(count) {
	const list = [];
	for (let k = 0; k < count; k++) {
		const id = `friend-${k}`, email = `friend${k}@people.test`;
		await put(`/persons/${id}`, { name: id, ring: 'customer', email });
		const who = await new Client(segue).signInCustomer(email);
		who.gets = async (n, text) => {
			await put(`/persons/${id}`, { name: text, ring: 'customer', email });
			return put(`/items/purchase/hostile-of-friend-${n}`, { person: id, title: text, state: 'delivered', occurred_at: '2026-11-01T10:00:00Z', attrs: { [text]: text } });
		};
		list.push(who);
	}
	return list;
}

/** A name for each contact, a title for each thing, a first word for each: all in line. */
async function fill() {
	const topic = await topicFor(customer, agent);
	const started = [];
	const others = await friends(Math.ceil(N / 10));
	for (const [n, text] of hostile.entries()) {
		await put(`/persons/${encodeURIComponent(hero.external_id)}`, { name: text, ring: 'customer', email: logins.customer, zip: '75001', lang: 'en' });
		const item = await put(`/items/purchase/hostile-${n}`, { person: hero.external_id, title: text, state: 'delivered', occurred_at: '2026-11-01T10:00:00Z', attrs: { [text]: text } });
		const who = HEROS.includes(n) ? null : others[Math.floor(n / 10)];
		const about = who ? await who.gets(n, text) : item;
		started.push(await (who ?? customer).post('/interactions', { channel: 'chat', topic: topic.id, item: about.id, page: `/${text}`, text }));
		await put(`/persons/hostile-${n}`, { name: text, ring: 'public' });
	}
	const file = await customer.call('POST', `/files?name=${encodeURIComponent(`${hostile[11]}.png`)}`, { bytes: Buffer.from('<script>window.__xss=99</script>'), headers: { 'Content-Type': 'application/octet-stream' } });
	cases = started;
	return { topic, started, file };
}

async function consoleLive(page) {
	await counts(page.getByTestId('waiting-row'), N, 'all wait');
	await harmless(page, 'console, who waits');
	for (const n of [0, 11, 30]) {
		await page.locator(`[data-testid=waiting-row][data-interaction="${cases[n].interaction}"]`).click();
		await seen(page.getByTestId('drawer-transcript').getByTestId('message'));
		await harmless(page, 'console, contact drawer', [hostile[n]]);
		await page.keyboard.press('Escape');
		await gone(page.getByTestId('contact-drawer'));
	}
	await page.getByTestId('nav-cases').click();
	while ((await page.getByTestId('case-row').count()) < N) {
		const before = await page.getByTestId('case-row').count();
		await page.getByTestId('more').click();
		await becomes('more cases', () => page.getByTestId('case-row').count(), (n) => n > before);
	}
	await harmless(page, 'console, cases');
}

async function portal(page, topic) {
	await seen(page.getByTestId('open-interaction'));
	await page.goto(`${segue.url}/?kind=purchase`);
	await seen(page.getByTestId('stuff-row'));
	while ((await page.getByTestId('show-more').count()) > 0) {
		const before = await page.getByTestId('stuff-row').count();
		await page.getByTestId('show-more').click();
		await becomes('more things', () => page.getByTestId('stuff-row').count(), (n) => n > before);
	}
	await harmless(page, 'portal, my things');
	for (const n of [1, 12, 47]) {
		await page.goto(`${segue.url}/`);
		await page.getByTestId('search').fill(hostile[n]);
		await becomes('the search is in the address', () => page.url(), /\?q=/);
		await harmless(page, 'portal, search', [hostile[n]]);
		await page.goto(`${segue.url}/chat/${cases[n].interaction}`);
		await seen(page.getByTestId('message'));
		await harmless(page, 'portal, waiting', [hostile[n]]);
		await page.goto(`${segue.url}/case/${cases[n].case}`);
		await seen(page.getByTestId('contacts'));
		await harmless(page, 'portal, case', [hostile[n]]);
	}
	const thing = (await customer.get('/me/stuff?kind=purchase&limit=100')).rows.find((row) => row.title === hostile[3]);
	await page.goto(`${segue.url}/help?item=${thing.ref}&topic=${topic.id}`);
	await seen(page.getByTestId('article-card'));
	await harmless(page, 'portal, help', [hostile[3]]);
}

/** Takes what rings; gives which of the contacts it was. */
async function deskOffer(page) {
	await page.getByTestId('go-available').click();
	await seen(page.getByTestId('offer'));
	const id = await page.getByTestId('offer').first().getAttribute('data-interaction');
	const n = cases.findIndex((one) => one.interaction === id);
	await harmless(page, 'desk, offer', [hostile[n]]);
	await page.locator(`[data-testid=offer][data-interaction="${id}"]`).getByTestId('offer-take').click();
	await seen(page.getByTestId('contact-header'));
	await page.getByTestId('presence').click();
	await page.getByTestId('presence-busy').click();
	return { n, ...cases[n] };
}

async function talk(home, desk, { n, interaction }, file) {
	await home.goto(`${segue.url}/chat/${interaction}`);
	for (const text of hostile) {
		await customer.post(`/interactions/${interaction}/messages`, { text });
		await agent.post(`/interactions/${interaction}/messages`, { text });
		await agent.post(`/interactions/${interaction}/notes`, { text });
	}
	await customer.post(`/interactions/${interaction}/messages`, { file: file.id });
	await counts(home.getByTestId('message'), 2 * N + 2, 'the customer sees all');
	await counts(desk.getByTestId('thread').getByTestId('message'), 2 * N + 2, 'the agent sees all');
	await counts(desk.getByTestId('note'), N);
	await harmless(home, 'portal, conversation');
	await harmless(desk, 'desk, conversation');
	assert.equal(file.name.includes('<img'), await home.getByTestId('file-download').first().innerText().then((text) => text.includes('<img')), 'the name of the file is shown as it is');
	const [download] = await Promise.all([desk.waitForEvent('download'), message(desk, file.name).getByTestId('file-download').click()]);
	assert.ok(!/[<>/\\]/.test(download.suggestedFilename().replace(/[<>]/g, '_')), download.suggestedFilename());

	for (const fold of ['who', 'item', 'case', 'past', 'items']) {
		const one = desk.getByTestId(`fold-${fold}`);
		if (!(await one.evaluate((node) => node.open))) await one.locator('summary').first().click();
	}
	await harmless(desk, 'desk, context', [hostile[n]]);
	await desk.getByTestId('composer-text').fill('/h');
	await desk.getByTestId('composer-text').press('End');
	await seen(desk.getByTestId('canned-option'));
	await harmless(desk, 'desk, canned answers', hostile.slice(0, 3));
	await desk.keyboard.press('Enter');
	await becomes('the canned answer is in the box', () => desk.getByTestId('composer-text').inputValue(), (text) => hostile.includes(text));
	await desk.getByTestId('composer-text').fill('');
	for (const text of ['<img', '<svg', '"', '</t']) {
		await desk.keyboard.press('Control+k');
		await desk.getByTestId('palette-input').fill(text);
		await seen(desk.getByTestId('palette-person'));
		await harmless(desk, 'desk, palette', [text]);
		await desk.keyboard.press('Escape');
		await gone(desk.getByTestId('palette'));
	}
	await desk.getByTestId('open-person').click();
	await seen(desk.getByTestId('identities'));
	await harmless(desk, 'desk, person', [hostile[N - 1]]);
	await desk.getByTestId('back').click();
	await desk.getByTestId('transfer').click();
	await harmless(desk, 'desk, transfer dialog', [hostile[n]]);
	await desk.keyboard.press('Escape');
	await gone(desk.getByTestId('transfer-dialog'));
}

async function afterwards(home, desk, taken, board) {
	await desk.getByTestId('end').click();
	await desk.getByTestId('end-confirm').click();
	await seen(desk.getByTestId('wrapup'));
	await desk.getByTestId('wrapup-summary').fill(ALL.slice(0, 4000));
	await desk.getByTestId('wrapup-next').fill(hostile[12]);
	await desk.getByTestId('outcome-follow_up').check({ force: true });
	await desk.getByTestId('wrapup-submit').click();
	await gone(desk.getByTestId('wrapup'));
	await home.goto(`${segue.url}/case/${taken.case}`);
	await seen(home.getByTestId('case-summary'));
	for (const n of [11, 25, 52]) {
		await customer.post(`/cases/${taken.case}/feedback`, { outcome_score: 1, feeling_score: 1, follow_up: false, text: hostile[n] });
	}
	await home.reload();
	await home.getByTestId('feedback-history').locator('summary').click();
	await home.getByTestId('transcript-toggle').first().click();
	await counts(home.getByTestId('transcript').getByTestId('message'), 2 * N + 2);
	await harmless(home, 'portal, case at the end');
	await home.getByTestId('feedback-change').click();
	await harmless(home, 'portal, feedback', [hostile[52]]);
	await desk.keyboard.press('Control+k');
	await desk.getByTestId('palette-input').fill(String(taken.case_number));
	await desk.getByTestId('palette-case').click();
	await seen(desk.getByTestId('case-view').getByTestId('feedback'));
	await desk.getByTestId('case-view').getByTestId('past-contact').first().click();
	await seen(desk.getByTestId('case-view').getByTestId('transcript').getByTestId('message'));
	await harmless(desk, 'desk, case');
	const page = await open(board, segue, manager, '/console/?page=cases');
	await page.getByTestId('case-number').fill(String(taken.case_number));
	await counts(page.getByTestId('case-row'), 1);
	await page.getByTestId('case-open').click();
	await seen(page.getByTestId('case-drawer').getByTestId('feedback'));
	await harmless(page, 'console, case drawer', [hostile[11], hostile[25], hostile[52], hostile[12]]);
}

/** Addresses made by somebody else. */
async function addresses(page) {
	for (const text of ['<img src=x onerror=window.__xss=1>', 'javascript:window.__xss=2', '"><script>window.__xss=3</script>']) {
		const word = encodeURIComponent(text);
		for (const at of [`/?q=${word}`, `/?kind=${word}`, `/help?item=${word}`, `/help?topic=${word}&case=${word}`, `/article/${word}`, `/case/${word}`, `/chat/${word}`, `/${word}`, `/sign-in?next=${word}`, `/sign-in?next=//evil.example`, `/sign-in?next=/%5Cevil.example`]) {
			watch.expect(/Failed to load resource: the server responded with a status of 4/);
			await page.goto(segue.url + at);
			await becomes(`${at} is shown`, () => page.locator('body').innerText(), (said) => said.trim().length > 10);
			await harmless(page, at, []);
			assert.equal(new URL(page.url()).origin, segue.url, at);
		}
	}
}
