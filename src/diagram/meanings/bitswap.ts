/** What the states of bitswap mean. */
import type { MachineMeanings } from './meanings.js';

export const BITSWAP: MachineMeanings = {
  bitswapSession: {
    idle: 'No block is wanted at the moment.',
    discovering: 'Blocks are wanted and nobody is known to have them: every peer is asked want-have.',
    fetching: 'Peers are known to have the blocks: they are asked want-block.',
    finished: 'The session was closed with nothing wanted.',
    cancelled: 'The session was closed while blocks were wanted: the wants are cancelled.',
    failed: 'The block store failed: the wants are dropped.',
    unexpected: 'The session heard an event that its state does not expect: a bug in this engine.',
  },
  providerSearch: {
    resting: 'The session needs nobody else, or wants nothing.',
    waiting: 'Connected peers get their chance to answer before the routers are asked.',
    searching: 'The routers are asked who has the content.',
    pausing: 'A search found nobody who delivers; the next follows after a pause that doubles.',
    finished: 'The session has ended.',
    unexpected: 'The search heard an event that its state does not expect: a bug in this engine.',
  },
  bitswapOutbound: {
    closed: 'No stream to the peer is open; one is opened when there is something to say.',
    opening: 'A bitswap stream to the peer is being opened.',
    waiting: 'The stream failed or was lost; the next try follows after the backoff.',
    open: 'A stream to the peer is open.',
    'open.writable': 'Messages go out as they are queued; a stream that lies unused is closed.',
    'open.congested': 'The peer’s window is used up; waits for it to read.',
    unsupported: 'The peer speaks no version of bitswap that is spoken here.',
    failed: 'No try to open a stream worked.',
    stalled: 'The peer did not read for too long: the stream was reset.',
    stopped: 'Nothing more is to be said to this peer.',
    unexpected: 'The way out heard an event that its state does not expect: a bug in this engine.',
  },
  bitswapInbound: {
    reading: 'Waits for the peer’s messages on a stream that it opened.',
    finished: 'The peer closed its side after a whole message.',
    truncated: 'The peer closed in the middle of a message.',
    refused: 'The peer sent no bitswap message, one too large, or a block that nobody asked for.',
    reset: 'The peer reset the stream.',
    stopped: 'This side ended the stream.',
    unexpected: 'The stream heard an event that its state does not expect.',
  },
};
