// Promises P1, P4, P9: killed fifty times under load, nothing acknowledged is lost, doubled or out of its place.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crash } from './crash.mjs';

test('fifty kills under load lose nothing that was acknowledged, and each time it is ready again within seconds', { timeout: 180000 }, async (t) => {
	const result = await crash(50);
	t.diagnostic(JSON.stringify(result));
	assert.equal(result.lost, 0);
	assert.ok(result.acked > 2000, `only ${result.acked} acknowledged`);
	assert.ok(result.readyMax <= 5000, `ready after ${result.readyMax} ms`);
});
