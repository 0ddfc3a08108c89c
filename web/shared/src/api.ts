// Calls of the API over HTTP. A refusal is thrown as ApiError, whose message can be shown to people.
import { newId } from './ids';
import { apiBase, operations } from './types';
import type { OperationName, Operations, Problem, Result, StoredFile } from './types';

export class ApiError extends Error {
	readonly status: number;
	readonly code: string;
	readonly title: string;
	/** The field of the body or query that was refused, for showing the message beside it. */
	readonly field: string | undefined;
	readonly retryAfter: number | undefined;

	constructor(problem: Partial<Problem>, retryAfter?: number) {
		super(problem.detail || problem.title || 'Something went wrong. Please try again.');
		this.name = 'ApiError';
		this.status = problem.status ?? 0;
		this.code = problem.code ?? '';
		this.title = problem.title ?? '';
		this.field = problem.field || undefined;
		this.retryAfter = retryAfter;
	}
	/** The server was not reached: nothing is known about what it did. */
	get offline(): boolean {
		return this.status === 0;
	}
	get signedOut(): boolean {
		return this.status === 401;
	}
	get notFound(): boolean {
		return this.status === 404;
	}
}

type Part<Name extends string, T> = keyof T extends never ? { [K in Name]?: undefined } : Record<never, never> extends T ? { [K in Name]?: T } : { [K in Name]: T };
export type Args<N extends OperationName> = Part<'path', Operations[N]['path']> & Part<'query', Operations[N]['query']> & Part<'body', Operations[N]['body']>;

export interface CallOptions {
	signal?: AbortSignal;
	/** The idempotency key. Give the same one when the same wish is sent again after a failure. */
	key?: string;
}

type Loose = { path?: Record<string, string>; query?: Record<string, unknown>; body?: unknown };

// A browser may be signed in as a customer and as an agent at once; each page says whose sign-in it means.
let staff = false;

/** For the desk and the console, before the first call. */
export function actAsStaff(): void {
	staff = true;
}

/** Adds whose sign-in is meant to a URL of the API. */
export function signedInUrl(url: string): string {
	return staff ? `${url}${url.includes('?') ? '&' : '?'}as=staff` : url;
}

export function operationUrl(op: OperationName, args: Loose = {}): string {
	const path = operations[op].path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(args.path?.[name] ?? ''));
	const query = new URLSearchParams();
	for (const [name, value] of Object.entries(args.query ?? {})) {
		if (value !== undefined && value !== null && value !== '') query.set(name, String(value));
	}
	const text = query.toString();
	return signedInUrl(apiBase + path + (text ? `?${text}` : ''));
}

function retryAfterOf(value: string | null): number | undefined {
	const seconds = Number(value);
	return value !== null && Number.isFinite(seconds) ? seconds : undefined;
}

export function problemOf(status: number, body: string): Partial<Problem> {
	let problem: Partial<Problem> = {};
	try {
		const parsed: unknown = JSON.parse(body);
		if (parsed !== null && typeof parsed === 'object') problem = parsed;
	} catch {
		// Not ours (a proxy's page, say): the status has to do.
	}
	return { ...problem, status };
}

const UNREACHABLE: Partial<Problem> = { status: 0, code: 'unreachable', title: 'No connection', detail: 'We cannot reach the server. Check your connection and try again.' };

/** Calls one operation: `call('get_case', { path: { case: id } })`. */
export async function call<N extends OperationName>(
	op: N,
	...rest: Record<never, never> extends Args<N> ? [args?: Args<N>, options?: CallOptions] : [args: Args<N>, options?: CallOptions]
): Promise<Result<N>> {
	const args = (rest[0] ?? {}) as Loose;
	const options = rest[1] ?? {};
	const { method, body: hasBody } = operations[op];
	const headers: Record<string, string> = { Accept: 'application/json' };
	const init: RequestInit = { method, headers, credentials: 'same-origin', signal: options.signal ?? null };
	if (method !== 'GET') {
		headers['Segue-Csrf'] = '1';
		headers['Idempotency-Key'] = options.key ?? newId();
		headers['Content-Type'] = 'application/json';
		if (hasBody) init.body = JSON.stringify(args.body);
	}
	let answer: Response;
	let body: string;
	try {
		answer = await fetch(operationUrl(op, args), init);
		body = await answer.text();
	} catch (error) {
		if (options.signal?.aborted) throw error;
		throw new ApiError(UNREACHABLE);
	}
	if (!answer.ok) throw new ApiError(problemOf(answer.status, body), retryAfterOf(answer.headers.get('Retry-After')));
	return (body ? JSON.parse(body) : {}) as Result<N>;
}

export interface UploadOptions extends CallOptions {
	onProgress?: (share: number) => void;
}

/** Uploads a file. XMLHttpRequest, because fetch tells no upload progress. */
export function uploadFile(file: Blob & { name?: string }, options: UploadOptions = {}): Promise<StoredFile> {
	return new Promise((resolve, reject) => {
		const request = new XMLHttpRequest();
		request.open('POST', operationUrl('upload_file', { query: { name: file.name || 'file' } }));
		request.setRequestHeader('Segue-Csrf', '1');
		request.setRequestHeader('Idempotency-Key', options.key ?? newId());
		request.setRequestHeader('Content-Type', 'application/octet-stream');
		request.upload.onprogress = (event) => {
			if (event.lengthComputable) options.onProgress?.(event.loaded / event.total);
		};
		request.onload = () => {
			if (request.status >= 200 && request.status < 300) resolve(JSON.parse(request.responseText) as StoredFile);
			else reject(new ApiError(problemOf(request.status, request.responseText)));
		};
		request.onerror = () => reject(new ApiError(UNREACHABLE));
		request.onabort = () => reject(new DOMException('Aborted', 'AbortError'));
		options.signal?.addEventListener('abort', () => request.abort(), { once: true });
		request.send(file);
	});
}

export function fileUrl(file: string): string {
	return operationUrl('get_file', { path: { file } });
}

/** The words for an error of any kind. */
export function errorText(error: unknown): string {
	return error instanceof ApiError ? error.message : 'Something went wrong. Please try again.';
}
