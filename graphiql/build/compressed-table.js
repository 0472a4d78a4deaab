import { gzipSync } from 'fflate';

import { writeTable } from '../../assets/write-table.mjs';

/** Compresses what Vite wrote, and lists it in the `table.rs` that `src/http/graphiql.rs` includes. */
export function compressedTable() {
  let folder;
  return {
    name: 'compressed-table',
    apply: 'build',
    configResolved(config) {
      folder = config.build.outDir;
    },
    closeBundle() {
      writeTable(folder, gzipSync, '`npm run build` in graphiql/');
    },
  };
}
