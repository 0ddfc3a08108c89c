// One Vite configuration for all three apps: each calls app('name', '/base/').
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import type { Plugin, UserConfig } from 'vite';

const web = fileURLToPath(new URL('.', import.meta.url));
const text = /\.(?:html|js|css|svg|json|webmanifest)$/;

function compressFolder(folder: string): void {
	for (const name of readdirSync(folder)) {
		const path = join(folder, name);
		if (statSync(path).isDirectory()) {
			compressFolder(path);
		} else if (text.test(name)) {
			const bytes = readFileSync(path);
			writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
			writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }));
		}
	}
}

// The server hands out a .br or .gz sibling when the browser takes it, so nothing is compressed while serving.
function precompress(folder: string): Plugin {
	return { name: 'segue-precompress', apply: 'build', writeBundle: () => compressFolder(folder) };
}

export function app(name: string, base: string): UserConfig {
	const root = join(web, name);
	const dist = join(root, 'dist');
	return {
		root,
		base,
		publicDir: join(web, 'shared/public'),
		resolve: { alias: { $shared: join(web, 'shared/src') } },
		plugins: [svelte({ configFile: join(web, 'svelte.config.js') }), precompress(dist)],
		build: {
			outDir: dist,
			emptyOutDir: true,
			target: 'es2022',
			// The Content-Security-Policy allows no data: fonts or scripts, so nothing is inlined.
			assetsInlineLimit: 0,
			modulePreload: { polyfill: false },
			reportCompressedSize: false,
		},
		server: {
			host: '127.0.0.1',
			proxy: {
				'/api': { target: process.env.SEGUE_URL ?? 'http://127.0.0.1:8080', ws: true },
			},
		},
		logLevel: process.env.SEGUE_WEB_LOG === 'info' ? 'info' : 'warn',
	};
}
