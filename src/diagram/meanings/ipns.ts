/** What the states of IPNS mean. */
import type { MachineMeanings } from './meanings.js';

export const IPNS: MachineMeanings = {
  ipnsPublish: {
    considering: 'Whether the record is due to go out is being looked at.',
    resting: 'The record is out; it is published again after the pause.',
    idle: 'Nothing goes out until the name is published anew: there is no record of ours, or a newer one was found.',
    asking: 'The routers are asked for records of this name, so that the new number is higher than theirs.',
    writing: 'The record is signed and being written to the store, before anybody hears of it.',
    putting: 'The record is being put to the routers; waits for the last of them.',
    awaitingRetry: 'The store failed or no router took the record; it is tried again after a pause.',
    stopped: 'The name is no longer published.',
    unexpected: 'Publishing heard an event that its state does not expect: a bug in this engine.',
  },
  ipnsResolve: {
    looking: 'The routers are asked for records of the name.',
    'looking.awaitingRecord': 'Waits for the first valid record.',
    'looking.awaitingBetter': 'A valid record came; waits for a better one, until the routers are done.',
    resolved: 'The best record that came is the answer.',
    notFound: 'The routers are done, and none had a valid record.',
    timedOut: 'No valid record came in time.',
    cancelled: 'The caller gave the resolution up.',
    unexpected: 'Resolving heard an event that its state does not expect: a bug in this engine.',
  },
};
