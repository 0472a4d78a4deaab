// Puts what Vite built into assets/inbox, which the gateway carries inside its binary and serves at /inbox in development.
// `--check` only says whether that folder is what the sources give.

import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { gzipSync } from 'fflate';

import { filesBelow, writeTable } from '../../../assets/write-table.mjs';

const built = fileURLToPath(new URL('../dist', import.meta.url));
const committed = fileURLToPath(new URL('../../../assets/inbox', import.meta.url));

function embed(folder) {
  rmSync(folder, { recursive: true, force: true });
  cpSync(built, folder, { recursive: true });
  writeTable(folder, gzipSync, '`npm run embed` in clients/inbox/');
}

if (process.argv.includes('--check')) {
  const folder = mkdtempSync(join(tmpdir(), 'inbox-'));
  embed(folder);
  const [now, before] = [folder, committed].map((of) =>
    filesBelow(of).map((path) => [path, readFileSync(join(of, path), 'base64')]),
  );
  rmSync(folder, { recursive: true });
  if (JSON.stringify(now) !== JSON.stringify(before)) {
    console.error('assets/inbox differs from the sources of clients/inbox: run `npm run embed` there.');
    process.exit(1);
  }
} else {
  embed(committed);
}
