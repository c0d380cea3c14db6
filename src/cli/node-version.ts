/** `engines` in package.json: the oldest that has all that is used here, `Promise.withResolvers` for one. */
const OLDEST = { major: 22, minor: 12 } as const;

/** What to say where this Node is older than the package needs: npm only warns, and the first request would end in a TypeError. */
export function tooOld(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > OLDEST.major || (major === OLDEST.major && minor >= OLDEST.minor)) return undefined;
  return `This is Node ${version}, and onceward needs ${OLDEST.major}.${OLDEST.minor} or newer: install one from https://nodejs.org.`;
}
