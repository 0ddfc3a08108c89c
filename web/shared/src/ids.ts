/** A random id for idempotency keys and live commands. Not crypto.randomUUID: that exists on secure origins only. */
export function newId(): string {
	const bytes = crypto.getRandomValues(new Uint8Array(16));
	return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
