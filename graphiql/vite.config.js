import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

import { compressedTable } from './build/compressed-table.js';
import { fontFiles } from './build/font-files.js';

const gateway = process.env.MOSTRADOR_URL ?? 'http://127.0.0.1:8080';

export default defineConfig({
  base: '/graphiql/',
  plugins: [react(), fontFiles(), compressedTable()],
  build: {
    outDir: '../assets/graphiql',
    emptyOutDir: true,
    target: 'es2022',
    // Everything is a file of its own: the page's policy allows no `data:` but images.
    assetsInlineLimit: 0,
    // The polyfill would be an inline script; every browser that runs GraphiQL preloads modules.
    modulePreload: { polyfill: false },
    // The licences of what is bundled, as they ask to be carried along.
    license: { fileName: 'licenses.md' },
    chunkSizeWarningLimit: 4096,
    reportCompressedSize: false,
    rolldownOptions: {
      // "use client" and "use no memo" of the packages mean nothing in a bundle.
      checks: { moduleLevelDirective: false },
    },
  },
  worker: { format: 'es' },
  // As objects: the short form would change the header Host, and /dev answers only pages of its own host.
  server: { proxy: { '/graphql': { target: gateway }, '/dev': { target: gateway } } },
});
