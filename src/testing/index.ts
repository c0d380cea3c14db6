export type { JournalContractOptions } from './journal-contract/options.ts';
export { journalContract } from './journal-contract.ts';
