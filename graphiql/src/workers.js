// The three workers the editors need, as files of our own origin: the page's
// policy is `worker-src 'self'`, so a worker from a blob would not start.
// (`graphiql/setup-workers/vite` does the same, but writes to the console.)
import EditorWorker from 'monaco-editor/esm/vs/editor/editor.worker.js?worker';
import JsonWorker from 'monaco-editor/esm/vs/language/json/json.worker.js?worker';
import GraphQLWorker from 'monaco-graphql/esm/graphql.worker.js?worker';

const workers = { graphql: GraphQLWorker, json: JsonWorker };

globalThis.MonacoEnvironment = {
  getWorker(_id, language) {
    return new (workers[language] ?? EditorWorker)();
  },
};
