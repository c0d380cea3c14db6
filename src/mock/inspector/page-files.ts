import { readFileSync } from 'node:fs';

/** Everything the page is made of, by name. Read here where the sources run as they are; a build puts the texts in the place of this module, so that
 *  what is published reads no file and can be bundled (tsup.config.ts). */
export const PAGE_FILES: Readonly<Record<string, string>> = Object.fromEntries(
  [
    'index.html',
    'layout.css',
    'lane.css',
    'icon.svg',
    'inspector.js',
    'clock.js',
    'controls.js',
    'element.js',
    'faults.js',
    'history.js',
    'lane-view.js',
    'lanes.js',
    'server.js',
  ].map((name) => [name, readFileSync(new URL(`page/${name}`, import.meta.url), 'utf8')]),
);
