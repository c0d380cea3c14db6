import { readdir } from 'node:fs/promises';
import type { Profile } from '../../../src/core/profile.ts';
import { ietf } from '../../../src/profiles/index.ts';

const FOLDER = new URL('../../../src/profiles/', import.meta.url);

/** Every profile there is a file for, and the generic one as most APIs would be described with it. */
export const EVERY_PROFILE: readonly Profile[] = [ietf({ keyLifetime: '24h' }), ...(await readProfiles())];

async function readProfiles(): Promise<Profile[]> {
  const files = (await readdir(FOLDER)).filter((name) => name.endsWith('.ts') && name !== 'index.ts').sort();
  const modules = await Promise.all(
    files.map((file): Promise<Record<string, unknown>> => import(new URL(file, FOLDER).href)),
  );
  return modules.flatMap((module) => Object.values(module).filter(isProfile));
}

function isProfile(value: unknown): value is Profile {
  return typeof value === 'object' && value !== null && 'data' in value && 'with' in value;
}
