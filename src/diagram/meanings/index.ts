/**
 * What each state of each machine means, in one sentence: what is true while a machine is in it and what it waits for;
 * of a state in which it fails, what went wrong.
 */
import { BITSWAP } from './bitswap.js';
import { DHT } from './dht.js';
import { DIALING } from './dialing.js';
import { IPNS } from './ipns.js';
import { MUXERS } from './muxers.js';
import { NEGOTIATION } from './negotiation.js';
import { PROTOCOLS } from './protocols.js';
import { ROUTING } from './routing.js';
import { SECURITY } from './security.js';
import { STREAMS } from './streams.js';

/** By the machine's id, then by the state's path with dots. */
export const MEANINGS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  ...DIALING,
  ...NEGOTIATION,
  ...SECURITY,
  ...MUXERS,
  ...STREAMS,
  ...PROTOCOLS,
  ...ROUTING,
  ...DHT,
  ...BITSWAP,
  ...IPNS,
};
