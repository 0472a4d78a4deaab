import { createHash } from 'node:crypto';

const FONT = /url\((["']?)data:font\/(woff2?|ttf);base64,([A-Za-z0-9+/=]+)\1\)/g;

/**
 * Turns the fonts that GraphiQL's style sheet carries as `data:` into files:
 * `font-src 'self'` allows no `data:`, and a reader then loads only the
 * alphabets that the page shows.
 */
export function fontFiles() {
  return {
    name: 'font-files',
    enforce: 'post',
    generateBundle(_options, bundle) {
      const assets = Object.values(bundle).filter((file) => file.type === 'asset');
      const fileNames = new Map(assets.map((file) => [digest(file.source), file.fileName]));

      for (const sheet of assets.filter((file) => file.fileName.endsWith('.css'))) {
        sheet.source = sheet.source.toString().replace(FONT, (_all, _quote, kind, base64) => {
          const source = Buffer.from(base64, 'base64');
          const hash = digest(source);
          if (!fileNames.has(hash)) {
            const fileName = `assets/font-${hash.slice(0, 8)}.${kind}`;
            this.emitFile({ type: 'asset', fileName, source });
            fileNames.set(hash, fileName);
          }
          // Style sheets and fonts are neighbours in assets/.
          return `url(${fileNames.get(hash).slice('assets/'.length)})`;
        });
      }
    },
  };
}

function digest(source) {
  return createHash('sha256').update(source).digest('base64url');
}
