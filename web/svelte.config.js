// For svelte-check and editors; the builds are configured in vite.base.ts.
import { vitePreprocess } from '@sveltejs/vite-plugin-svelte';

export default { preprocess: vitePreprocess({ script: false }) };
