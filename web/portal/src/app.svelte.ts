// What the whole portal shares: who is signed in, the live connection, what runs now, where we are.
import { ApiError, call } from '$shared/api';
import { forgetConversations } from '$shared/conversation.svelte';
import { Live } from '$shared/live';
import type { LiveStatus } from '$shared/live';
import { whenSignedOut } from '$shared/query.svelte';
import { fromOpenNow, newMe, reduceMe } from '$shared/reducer';
import type { MeState } from '$shared/reducer';
import { Router } from '$shared/router.svelte';
import type { Actor, ArticleRead, Session } from '$shared/types';
import { t } from './words';

const READS_MAX = 20;

class Portal {
	readonly router = new Router('/');
	session: Session | null = $state.raw(null);
	/** The first look at the session failed: shown with a way to try again. */
	error: unknown = $state.raw(null);
	live: Live | null = $state.raw(null);
	status: LiveStatus = $state('connecting');
	me: MeState = $state.raw(newMe());
	/** The help pages opened on the way, which travel with the contact. */
	reads: ArticleRead[] = $state([]);
	title = $state('');
	#signingOut = false;

	constructor() {
		whenSignedOut(() => this.leave());
	}

	get customer(): boolean {
		return this.session?.role === 'customer';
	}
	get company(): string {
		return this.session?.company ?? '';
	}
	get actor(): Actor {
		return { role: 'customer', id: this.session?.id ?? null, name: this.session?.name ?? '' };
	}

	async boot(): Promise<void> {
		this.error = null;
		try {
			this.enter(await call('get_session'));
		} catch (error) {
			this.error = error;
		}
	}

	enter(session: Session): void {
		this.session = session;
		if (session.role !== 'customer' || this.live) return;
		const live = new Live({ onSignedOut: () => this.leave() });
		live.status.subscribe((status) => (this.status = status));
		live.watch('me', (frame) => (this.me = reduceMe(this.me, frame)));
		live.start();
		this.live = live;
		void this.refreshMe();
	}

	/** What runs now, over HTTP: there even where a WebSocket does not get through. */
	async refreshMe(): Promise<void> {
		try {
			const open = await call('open_now');
			if (!this.me.ready) this.me = fromOpenNow(open);
		} catch (error) {
			if (error instanceof ApiError && error.signedOut) this.leave();
		}
	}

	/** The session is over: to the sign-in page, and back here afterwards. */
	leave(): void {
		if (this.#signingOut || this.session === null || this.session.role === '') return;
		this.#forget();
		const { pathname, search } = location;
		this.router.go(pathname === '/' ? '/sign-in' : `/sign-in?next=${encodeURIComponent(pathname + search)}`, { replace: true });
	}

	async signOut(): Promise<void> {
		// The live connection is told at once that it is over: that is no reason to come back here afterwards.
		this.#signingOut = true;
		try {
			await call('sign_out');
			forgetConversations();
			this.#forget();
			this.router.go('/sign-in', { replace: true });
		} finally {
			this.#signingOut = false;
		}
	}

	#forget(): void {
		this.live?.stop();
		this.live = null;
		this.me = newMe();
		this.reads = [];
		this.session = this.session && { ...this.session, role: '', id: null, name: '', email: '' };
	}

	setTitle(title: string): void {
		this.title = title;
		document.title = [title, this.company || t('appName')].filter(Boolean).join(' · ');
	}

	opened(article: string): void {
		if (!this.reads.some((read) => read.article === article)) this.reads = [...this.reads, { article }].slice(-READS_MAX);
	}
	helped(article: string, helped: boolean): void {
		this.opened(article);
		this.reads = this.reads.map((read) => (read.article === article ? { article, helped } : read));
	}
	helpedOf(article: string): boolean | null {
		return this.reads.find((read) => read.article === article)?.helped ?? null;
	}
}

export const portal = new Portal();

/** Only a path of our own: never another site's address. */
export function safeNext(next: string | null): string {
	return next && /^\/(?![/\\])/.test(next) ? next : '/';
}

export function helpUrl(query: { item?: string | null; topic?: string | null; case?: string | null }): string {
	const params = new URLSearchParams();
	for (const [name, value] of Object.entries(query)) if (value) params.set(name, value);
	const text = params.toString();
	return text ? `/help?${text}` : '/help';
}
