// The desk's state: the live connection, my work, the conversations I hold, what is on its way. Screens read it and
// call its verbs; what frames mean is decided in the pure modules beside it.
import { SvelteMap, SvelteSet } from 'svelte/reactivity';
import { ApiError, call, errorText } from '$shared/api';
import { Conversation, forgetConversations } from '$shared/conversation.svelte';
import { newId } from '$shared/ids';
import { Live } from '$shared/live';
import type { LiveStatus } from '$shared/live';
import { newDesk, reduceDesk } from '$shared/reducer';
import type { DeskState } from '$shared/reducer';
import { remember, remembered } from '$shared/theme';
import { toasts } from '$shared/toast.svelte';
import type { Actor, Agent, Canned, Context, Desk, InteractionRow, Queue, ServerFrame, Session, Timeline, Topic, WrapUp } from '$shared/types';
import { measure, noOffset } from './clock';
import { addLost, lostBetween, neighbour, offerKey, workIn } from './desk';
import type { LostOffer } from './desk';
import { emptyDraft, loadNotes, saveDraft, saveNotes } from './keep';
import { ring } from './sound';
import type { Names, PendingNote } from './thread';
import { t } from './words';

/** Something asked of the server: here, on its way, or refused with words. */
export type Loadable<T> = { state: 'loading' } | { state: 'ready'; value: T } | { state: 'failed'; error: string };

/** What the middle of the screen shows. */
export type View = { kind: 'work'; id: string } | { kind: 'person'; id: string } | { kind: 'case'; id: string } | { kind: 'none' };
export type Panel = 'transfer' | 'end' | 'keys' | 'palette' | null;

const SOUND = 'segue.desk.sound';

export class DeskApp {
	readonly session: Session;
	readonly me: Actor;
	readonly live: Live;
	status = $state<LiveStatus>('connecting');
	/** Ours, brought to the server's clock; ticks twice a second. */
	now = $state(Date.now());
	desk = $state.raw<DeskState>(newDesk(''));
	lost = $state.raw<readonly LostOffer[]>([]);
	notes = $state.raw<readonly PendingNote[]>([]);
	view = $state.raw<View>({ kind: 'none' });
	panel = $state<Panel>(null);
	/** Something stands in the composer: Enter belongs to it, not to an offer. */
	writing = $state(false);
	sound = $state(remembered(SOUND) === 'on');
	readonly busy = new SvelteSet<string>();
	readonly conversations = new SvelteMap<string, Conversation>();
	readonly contexts = new SvelteMap<string, Loadable<Context>>();
	readonly timelines = new SvelteMap<string, Loadable<Timeline>>();
	queues = $state.raw<readonly Queue[]>([]);
	agents = $state.raw<readonly Agent[]>([]);
	canned = $state.raw<readonly Canned[]>([]);
	topics = $state.raw<readonly Topic[]>([]);

	#answered = new Set<string>();
	#before: string | null = null;
	#offset = noOffset;
	#timer: ReturnType<typeof setInterval> | undefined;
	#stops: (() => void)[] = [];
	#onSignedOut: (reason: string) => void;

	constructor(session: Session, onSignedOut: (reason: string) => void) {
		this.session = session;
		this.me = { role: 'agent', id: session.id, name: session.name };
		this.desk = newDesk(session.id ?? '');
		this.#onSignedOut = onSignedOut;
		this.live = new Live({ onSignedOut: (reason) => this.#onSignedOut(reason) });
	}

	start(): void {
		this.#stops.push(this.live.status.subscribe((status) => (this.status = status)));
		this.#stops.push(this.live.watch('desk', (frame) => this.#onDesk(frame)));
		this.#timer = setInterval(() => this.#tick(), 500);
		this.live.start();
		void this.#loadLists();
		this.#restore();
	}

	stop(): void {
		clearInterval(this.#timer);
		for (const stop of this.#stops) stop();
		for (const conversation of this.conversations.values()) conversation.close();
		this.live.stop();
	}

	async signOut(): Promise<void> {
		try {
			await call('sign_out');
		} catch (error) {
			if (!(error instanceof ApiError && error.signedOut)) {
				this.say(errorText(error), true);
				return;
			}
		}
		forgetConversations();
		this.#onSignedOut('');
	}

	say(text: string, bad = false): void {
		toasts.show(text, bad ? 'bad' : 'good');
	}

	// ---- what I hold ----

	get offered(): InteractionRow[] {
		return workIn(this.desk, 'offered');
	}
	get active(): InteractionRow[] {
		return workIn(this.desk, 'active');
	}
	get wrapup(): InteractionRow[] {
		return workIn(this.desk, 'wrapup');
	}
	row(id: string): InteractionRow | undefined {
		return this.desk.work.find((row) => row.id === id);
	}
	/** The contact in the middle, when it is one of mine. */
	get current(): InteractionRow | undefined {
		return this.view.kind === 'work' ? this.row(this.view.id) : undefined;
	}
	context(id: string): Context | undefined {
		const found = this.contexts.get(id);
		return found?.state === 'ready' ? found.value : undefined;
	}
	names(person: string): Names {
		return {
			queue: (id) => this.queues.find((queue) => queue.id === id)?.name ?? '',
			agent: (id) => (id === this.me.id ? this.me.name : (this.agents.find((agent) => agent.id === id)?.name ?? '')),
			person,
		};
	}
	/** A topic with its parent: "Fault › No heat". */
	topicPath(id: string | null): string {
		const topic = this.topics.find((one) => one.id === id);
		const parent = topic && this.topics.find((one) => one.id === topic.parent);
		return topic ? (parent ? `${parent.title} › ${topic.title}` : topic.title) : '';
	}

	open(id: string): void {
		this.view = { kind: 'work', id };
		const row = this.row(id);
		void this.loadContext(id);
		if (row) void this.loadTimeline(row.person);
	}
	openPerson(id: string): void {
		this.#leave();
		this.view = { kind: 'person', id };
	}
	openCase(id: string): void {
		this.#leave();
		this.view = { kind: 'case', id };
	}
	#leave(): void {
		if (this.view.kind === 'work') this.#before = this.view.id;
	}
	/** Out of a person or case, to the contact that was open before. */
	back(): void {
		const id = this.#before;
		this.view = { kind: 'none' };
		if (id && this.row(id)) this.open(id);
		else this.step(1);
	}
	/** To the form: of this contact (ending it first), or of the one that waits for it longest. */
	toWrapUp(): void {
		if (this.current?.state === 'active') this.panel = 'end';
		else if (this.current?.state !== 'wrapup' && this.wrapup[0]) this.open(this.wrapup[0].id);
	}
	step(by: 1 | -1): void {
		const next = neighbour(this.desk, this.view.kind === 'work' ? this.view.id : null, by);
		if (next) this.open(next);
	}

	// ---- verbs ----

	async take(row: InteractionRow): Promise<void> {
		if (row.offer_no === null) return;
		this.#answered.add(offerKey(row));
		const done = await this.#run(`take:${row.id}`, () => this.live.command('accept_offer', { interaction: row.id, offer_no: row.offer_no ?? 1 }));
		if (done) this.open(row.id);
		else this.#answered.delete(offerKey(row));
	}

	async pass(row: InteractionRow): Promise<void> {
		if (row.offer_no === null) return;
		this.#answered.add(offerKey(row));
		const done = await this.#run(`pass:${row.id}`, () => this.live.command('reject_offer', { interaction: row.id, offer_no: row.offer_no ?? 1 }));
		if (!done) this.#answered.delete(offerKey(row));
	}

	dropLost(key: string): void {
		this.lost = this.lost.filter((one) => one.key !== key);
	}

	async setPresence(presence: Desk['presence']): Promise<void> {
		const before = this.desk;
		this.desk = { ...before, presence, presenceReason: 'requested' };
		const done = await this.#run('presence', () => this.live.command('set_presence', { presence }));
		if (!done) this.desk = { ...this.desk, presence: before.presence, presenceReason: before.presenceReason };
	}

	setSound(on: boolean): void {
		this.sound = on;
		remember(SOUND, on ? 'on' : null);
		if (on) ring();
	}

	addNote(interaction: string, text: string): void {
		const note: PendingNote = { id: newId(), interaction, text, at: new Date(this.now).toISOString(), error: null, seq: null };
		this.#setNotes([...this.notes, note]);
		this.#deliver(note);
	}

	retryNote(id: string): void {
		const note = this.notes.find((one) => one.id === id);
		if (!note) return;
		this.#setNotes(this.notes.map((one) => (one.id === id ? { ...one, error: null } : one)));
		this.#deliver(note);
	}

	discardNote(id: string): void {
		this.#setNotes(this.notes.filter((one) => one.id !== id));
	}

	async end(interaction: string): Promise<boolean> {
		return this.#run('end', () => this.live.command('end_interaction', { interaction }));
	}

	async transfer(interaction: string, to: { queue?: string; agent?: string }, text: string): Promise<boolean> {
		const done = await this.#run('transfer', () => this.live.command('transfer', { interaction, ...to, ...(text ? { text } : {}) }));
		if (!done) return false;
		this.say(t('transferred'));
		this.#moveOn(interaction);
		return true;
	}

	async wrapUp(interaction: string, body: WrapUp): Promise<boolean> {
		const done = await this.#run('wrapup', () => this.live.command('wrap_up', { interaction, ...body }));
		if (!done) return false;
		saveDraft(this.session.id ?? '', interaction, emptyDraft);
		this.say(t('wrapped_up'));
		this.#refresh(interaction);
		this.#moveOn(interaction);
		return true;
	}

	// ---- asking ----

	async loadContext(id: string, again = false): Promise<void> {
		if (!again && this.contexts.get(id)?.state === 'ready') return;
		await this.#load(this.contexts, id, () => call('get_interaction', { path: { interaction: id } }));
	}

	async loadTimeline(person: string, again = false): Promise<void> {
		if (!again && this.timelines.get(person)?.state === 'ready') return;
		await this.#load(this.timelines, person, () => call('get_timeline', { path: { person } }));
	}

	/** Presence and load change all the time: asked for each time they are shown. */
	async loadAgents(): Promise<void> {
		this.agents = (await call('list_agents')).rows;
	}

	async #load<T>(into: SvelteMap<string, Loadable<T>>, id: string, ask: () => Promise<T>): Promise<void> {
		if (into.get(id)?.state !== 'ready') into.set(id, { state: 'loading' });
		try {
			into.set(id, { state: 'ready', value: await ask() });
		} catch (error) {
			if (into.get(id)?.state !== 'ready') into.set(id, { state: 'failed', error: errorText(error) });
		}
	}

	async #loadLists(): Promise<void> {
		const results = await Promise.allSettled([
			call('list_queues').then((list) => (this.queues = list.rows)),
			this.loadAgents(),
			call('list_canned').then((list) => (this.canned = list.rows)),
			call('list_topics').then((list) => (this.topics = list.rows)),
		]);
		// They are small and needed later; when the server was away, the next "live" asks again.
		if (results.some((one) => one.status === 'rejected')) this.#stops.push(this.#once('live', () => void this.#loadLists()));
	}

	#once(status: LiveStatus, run: () => void): () => void {
		let stop = (): void => {};
		let first = true;
		stop = this.live.status.subscribe((now) => {
			if (!first && now === status) {
				stop();
				run();
			}
			first = false;
		});
		return stop;
	}

	/** One press, one command: a second press while it runs does nothing. */
	async #run(name: string, act: () => Promise<unknown>): Promise<boolean> {
		if (this.busy.has(name)) return false;
		this.busy.add(name);
		try {
			await act();
			return true;
		} catch (error) {
			this.say(errorText(error), true);
			return false;
		} finally {
			this.busy.delete(name);
		}
	}

	// ---- frames ----

	#onDesk(frame: ServerFrame): void {
		const before = this.desk;
		const now = Date.now();
		if (frame.type === 'change' && frame.interaction) this.#offset = measure(this.#offset, frame.interaction.since_at, now, frame.interaction.state === 'offered');
		this.desk = reduceDesk(before, frame);
		const lost = lostBetween(before, this.desk, this.#answered, now - this.#offset.ms);
		if (lost.length > 0) this.lost = addLost(this.lost, lost);
		const rang = new Set(workIn(before, 'offered').map(offerKey));
		if (this.sound && before.ready && this.offered.some((row) => !rang.has(offerKey(row)))) ring();
		// Somebody who was here before: what is known of them is as old as that contact.
		for (const row of this.desk.work) if (this.timelines.has(row.person) && !before.work.some((one) => one.id === row.id)) void this.loadTimeline(row.person, true);
		if (this.view.kind === 'work' && before.work.some((row) => row.id === this.#openId) && !this.row(this.#openId)) void this.loadContext(this.#openId, true);
		this.#follow();
	}

	get #openId(): string {
		return this.view.kind === 'work' ? this.view.id : '';
	}

	/** Listens to what is on my desk, lets go of what left it; opens the first contact when nothing is open. */
	#follow(): void {
		const ids = new Set(this.desk.work.map((row) => row.id));
		for (const row of this.desk.work) {
			void this.loadContext(row.id);
			if (row.state !== 'offered' && !this.conversations.has(row.id)) this.#listen(row.id);
		}
		for (const [id, conversation] of this.conversations) {
			if (ids.has(id) || (this.view.kind === 'work' && this.view.id === id)) continue;
			conversation.close();
			this.conversations.delete(id);
		}
		if (this.view.kind === 'none') this.step(1);
	}

	#listen(id: string): void {
		const conversation = new Conversation(this.live, id, this.me);
		this.conversations.set(id, conversation);
		conversation.open();
	}

	/** Done with this one: the next is opened, if there is one. */
	#moveOn(done: string): void {
		if (this.view.kind !== 'work' || this.view.id !== done) return;
		const next = [...this.active, ...this.wrapup].find((row) => row.id !== done);
		if (next) this.open(next.id);
		else this.view = { kind: 'none' };
	}

	/** The case has a new summary: what is cached of it is old. */
	#refresh(id: string): void {
		const context = this.context(id);
		void this.loadContext(id, true);
		if (context?.person) void this.loadTimeline(context.person.id, true);
	}

	#deliver(note: PendingNote): void {
		this.live.command('add_note', { interaction: note.interaction, text: note.text }, note.id).then(
			(sent) => this.#setNotes(this.notes.map((one) => (one.id === note.id ? { ...one, seq: sent.seq } : one))),
			(error: unknown) => {
				// The page closes: it stays here and goes out next time.
				if (error instanceof ApiError && error.code === 'stopped') return;
				this.#setNotes(this.notes.map((one) => (one.id === note.id ? { ...one, error: errorText(error) } : one)));
			},
		);
	}

	/** Notes a reload interrupted go out again under the same id: the server does each once. */
	#restore(): void {
		this.notes = loadNotes(this.session.id ?? '');
		for (const note of this.notes) if (note.error === null) this.#deliver(note);
	}

	#setNotes(notes: readonly PendingNote[]): void {
		const seen = (note: PendingNote): boolean => note.seq !== null && note.seq <= (this.conversations.get(note.interaction)?.state.events.at(-1)?.seq ?? 0);
		this.notes = notes.filter((note) => !seen(note));
		saveNotes(this.session.id ?? '', this.notes);
	}

	#tick(): void {
		this.now = Date.now() - this.#offset.ms;
	}
}
