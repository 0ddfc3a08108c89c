// Who sits here: asks the server once, keeps the answer, lets only the given roles through.
import { ApiError, call, errorText } from '$shared/api';
import type { Session } from '$shared/types';
import { t } from './words';

export class SignedIn {
	/** Signed in with a role this page is for. */
	session = $state.raw<Session | null>(null);
	/** Signed in, but as somebody else. */
	stranger = $state.raw<Session | null>(null);
	asking = $state(true);
	busy = $state(false);
	error = $state('');
	/** The server was not reached: nothing is known about us. */
	unreached = $state(false);
	#roles: readonly string[];

	constructor(roles: readonly string[]) {
		this.#roles = roles;
		void this.ask();
	}

	#take(session: Session): void {
		const fits = this.#roles.includes(session.role);
		this.session = fits ? session : null;
		this.stranger = !fits && session.role !== '' ? session : null;
	}

	async ask(): Promise<void> {
		this.asking = true;
		this.unreached = false;
		this.error = '';
		try {
			this.#take(await call('get_session'));
		} catch (error) {
			this.unreached = error instanceof ApiError && error.offline;
			this.error = errorText(error);
		} finally {
			this.asking = false;
		}
	}

	async signIn(email: string, password: string): Promise<void> {
		this.busy = true;
		this.error = '';
		try {
			this.#take(await call('sign_in', { body: { email, password } }));
		} catch (error) {
			this.error = wordsFor(error);
		} finally {
			this.busy = false;
		}
	}

	async signOut(): Promise<void> {
		this.busy = true;
		try {
			await call('sign_out');
			this.left('');
		} catch (error) {
			this.error = errorText(error);
		} finally {
			this.busy = false;
		}
	}

	left(reason: string): void {
		this.session = null;
		this.stranger = null;
		this.error = reason === '' ? '' : t('session_over');
	}
}

function wordsFor(error: unknown): string {
	if (!(error instanceof ApiError)) return errorText(error);
	if (error.status === 401 || error.status === 403) return t('bad_credentials');
	return error.status === 429 ? t('too_many_tries') : error.message;
}
