import { GraphiQL } from 'graphiql';

import { exampleTabs } from './examples.js';
import { fetcher } from './fetcher.js';
import { SessionBar } from './SessionBar.jsx';

/** The page: who is signed in on top, GraphiQL below. */
export function App() {
  return (
    <>
      <SessionBar />
      <main className="workbench">
        <GraphiQL
          fetcher={fetcher}
          defaultTabs={exampleTabs}
          defaultQuery={'# A new operation. Ctrl-Space completes, Ctrl-Enter runs.\n\n'}
          defaultEditorToolsVisibility
          inputValueDeprecation
          schemaDescription
        >
          <GraphiQL.Logo>
            <span className="graphiql-logo-link">
              Graph<em>i</em>QL
            </span>
          </GraphiQL.Logo>
        </GraphiQL>
      </main>
    </>
  );
}
