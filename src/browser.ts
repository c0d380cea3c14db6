export { indexedDBJournal } from './journal/indexed-db/indexed-db-journal.ts';
