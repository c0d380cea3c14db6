import { readFileSync } from 'node:fs';

const NAMES: readonly string[] = [
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
];

let read: Readonly<Record<string, string>> | undefined;

/** Everything the page is made of, by name. Read here, when first asked for, where the sources run as they are; a build puts the texts in the place of
 *  this module, so that what is published reads no file and can be bundled (tsup.config.ts). */
export function pageFiles(): Readonly<Record<string, string>> {
  read ??= Object.fromEntries(
    NAMES.map((name) => [name, readFileSync(new URL(`page/${name}`, import.meta.url), 'utf8')]),
  );
  return read;
}
