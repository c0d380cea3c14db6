import { afterEach, expect, test } from 'vitest';
import { verify } from '../../src/verify/index.ts';
import { EVERY_PROFILE } from '../profiles/support/every-profile.ts';
import { LIMITS, mockServer } from './support/mock-server.ts';

test.each(EVERY_PROFILE.map((profile) => [profile.name, profile] as const))('%s', async (_name, profile) => {
  const server = await mockServer(profile);
  const report = await verify({
    ...server,
    headers: { authorization: 'Bearer one' },
    secondHeaders: { authorization: 'Bearer two' },
    repeat: 2,
    soak: 20,
    limits: LIMITS,
  });
  await server.close();
  console.log(report.toText(), report.cases.map((c) => `${c.id}:${c.ms}`).join(' '));
  expect(report.ok).toBe(true);
});
