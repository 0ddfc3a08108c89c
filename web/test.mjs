// Bundles every */test/*.test.ts for node and runs node:test on them: works on Node 18, which cannot read TypeScript.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { build } from 'vite';

const web = fileURLToPath(new URL('.', import.meta.url));
const out = join(web, 'node_modules/.cache/segue-test');
const wanted = process.argv.slice(2);
const input = {};
for (const app of ['shared', 'portal', 'desk', 'console']) {
	const folder = join(web, app, 'test');
	if (!existsSync(folder)) continue;
	for (const name of readdirSync(folder)) {
		if (name.endsWith('.test.ts') && wanted.every((word) => name.includes(word))) input[`${app}-${basename(name, '.ts')}`] = join(folder, name);
	}
}
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
await build({
	root: web,
	configFile: false,
	logLevel: 'error',
	resolve: { alias: { $shared: join(web, 'shared/src') } },
	plugins: [svelte({ configFile: false, compilerOptions: { generate: 'client' } })],
	build: { ssr: true, outDir: out, target: 'node18', minify: false, sourcemap: 'inline', rollupOptions: { input, output: { entryFileNames: '[name].mjs', chunkFileNames: 'chunk-[hash].mjs' } } },
	ssr: { noExternal: ['svelte'] },
});
const files = Object.keys(input).map((name) => join(out, `${name}.mjs`));
// Browsers have crypto as a global, Node 18 only when asked.
const flags = globalThis.crypto ? [] : ['--experimental-global-webcrypto'];
const { status } = spawnSync(process.execPath, [...flags, '--enable-source-maps', '--test', ...files], { stdio: 'inherit', env: { ...process.env, SEGUE_WEB: web } });
process.exit(status ?? 1);
