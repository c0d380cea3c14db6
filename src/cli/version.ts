import { readFileSync } from 'node:fs';

/** The version of the package this file is part of. Found by the package's own name: how deep this file lies depends on the build. */
export function packageVersion(): string {
  const manifest = JSON.parse(readFileSync(new URL(import.meta.resolve('onceward/package.json')), 'utf8')) as {
    version: string;
  };
  return manifest.version;
}
