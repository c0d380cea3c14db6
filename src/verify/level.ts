/** How much a rule binds. `profile`: as far as the API documents it. `robustness`: no text says it, and clients need it. */
export type VerifyLevel = 'must' | 'should' | 'may' | 'profile' | 'security' | 'robustness';
