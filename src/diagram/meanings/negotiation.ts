/** What the states of multistream-select mean. */
import type { MachineMeanings, StateMeanings } from './meanings.js';

/** In which all of its machines can fail alike. */
const FAILURES: StateMeanings = {
  badHeader: 'The peer’s first message was not the header /multistream/1.0.0.',
  badMessage: 'The peer sent bytes that are no multistream message.',
  unexpected: 'The peer sent a multistream message that is not allowed here.',
  timedOut: 'The peer went silent: the negotiation was not done in time.',
  ended: 'The peer closed in the middle of the negotiation.',
};

export const NEGOTIATION: MachineMeanings = {
  multistreamDialer: {
    awaitingHeader: 'Header and first proposal are sent; waits for the peer’s header.',
    awaitingReply: 'A protocol is proposed; waits for the peer’s echo, or for "na" and proposes the next.',
    selected: 'The peer echoed the proposal: the protocol is agreed.',
    noOverlap: 'The peer answered "na" to every proposal: nothing in common.',
    ...FAILURES,
  },
  multistreamLazyDialer: {
    awaitingHeader: 'Header, proposal and the first data are sent; waits for the peer’s header.',
    awaitingEcho: 'The protocol is taken for agreed; waits for the peer’s echo, which confirms it.',
    confirmed: 'The peer echoed the proposal: what was taken for agreed is.',
    left: 'This side stopped reading before the answer came.',
    refused: 'The peer answered "na": it does not speak what it was known to speak.',
    ...FAILURES,
  },
  multistreamListener: {
    awaitingHeader: 'Waits for the dialer’s header.',
    awaitingProposal: 'The header is answered; waits for a proposal: echoed if spoken here, else "na".',
    selected: 'A proposal that is spoken here was echoed: the protocol is agreed.',
    tooMany: 'The peer proposed, or asked for the list, more often than it may.',
    ...FAILURES,
  },
  multistreamAsker: {
    awaitingHeader: 'Header and "ls" are sent; waits for the peer’s header.',
    awaitingList: 'Waits for the list of what the peer speaks.',
    awaitingOldList: 'The peer echoed "ls", as nodes of old do; waits for the list in their form.',
    listed: 'The peer listed the protocols that it speaks.',
    declined: 'The peer answered "na" to "ls": it does not list its protocols.',
    ...FAILURES,
  },
};
