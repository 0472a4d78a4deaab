// The GraphQL-over-HTTP audits of the package graphql-http: each must pass, the
// optional ones too. They carry no token: what they ask ({ __typename } and the
// like) is answered without a session.

import { serverAudits } from 'graphql-http';

import { endpoint, expect, run } from './gateway.mjs';

const MARKS = { ok: 'ok', warn: 'WARN', error: 'ERROR', notice: 'notice' };

await run('http-audits', async (ok) => {
  const failed = [];
  const audits = serverAudits({ url: endpoint });
  expect(audits.length > 50, `Only ${audits.length} audits: is this still the package we know?`);
  for (const audit of audits) {
    const result = await audit.fn();
    const reason = result.reason ? `: ${result.reason}` : '';
    console.log(`  ${(MARKS[result.status] ?? result.status).padEnd(6)} ${audit.id}  ${audit.name}${reason}`);
    // A notice says something the specification leaves open.
    if (result.status !== 'ok' && result.status !== 'notice') failed.push(`${audit.id} ${audit.name}${reason}`);
  }
  expect(failed.length === 0, `${failed.length} of ${audits.length} audits failed:\n  ${failed.join('\n  ')}`);
  ok(`${audits.length} audits`);
});
