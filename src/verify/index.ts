export type { VerifyVerdict } from './finding.ts';
export type { VerifyLevel } from './level.ts';
export type { VerifyHooks, VerifyLimits, VerifyOptions, VerifyRequest } from './options.ts';
export type { VerifyJson, VerifyReport, VerifyResult } from './report.ts';
export { verify } from './verify.ts';
