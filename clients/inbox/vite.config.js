import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const gateway = process.env.MOSTRADOR_URL ?? 'http://127.0.0.1:8080';

export default defineConfig({
  base: '/inbox/',
  plugins: [react()],
  build: {
    target: 'es2022',
    // Everything is a file of its own, and no script is inline: the page's policy allows neither.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The licences of what is bundled, as they ask to be carried along.
    license: { fileName: 'licenses.md' },
    reportCompressedSize: false,
    rolldownOptions: { checks: { moduleLevelDirective: false } },
  },
  server: {
    proxy: {
      // As an object: the short form would change the header Host, and /dev answers only pages of its own host.
      '/graphql': { target: gateway, ws: true },
      '/dev': { target: gateway },
    },
  },
});
