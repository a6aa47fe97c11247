/**
 * The scripted peer: a small language to play the other side of a connection frame by frame, against this engine or any
 * peer. Scripts are written with steps that read as what happens, kept as data, and played by an interpreter on the same
 * codecs that the engine uses.
 *
 * ```ts
 * const outcome = await scriptedPeer({ over: tcp(node.addresses[0]) })
 *   .multistream.negotiate('/secio/1.0.0')
 *   .secio.sendPropose({ exchanges: ['P-256'] }).expectPropose().sendExchange({ signature: 'wrong' }).expectClose()
 *   .run();
 * ```
 */
import type { Identity } from '../../crypto/identity.js';
import { generateIdentity } from '../../crypto/keys.js';
import { nodeCiphers } from '../../platform/node-ciphers.js';
import { systemClock } from '../../platform/system-clock.js';
import type { Ciphers, Clock, RandomSource } from '../../ports.js';
import { SeededRandom } from '../../sim/seeded-random.js';
import type { Over } from './over.js';
import { playScript } from './play/player.js';
import { MplexSteps } from './script/mplex-steps.js';
import { MultistreamSteps } from './script/multistream-steps.js';
import { NoiseSteps } from './script/noise-steps.js';
import { PlaintextSteps } from './script/plaintext-steps.js';
import { SecioSteps } from './script/secio-steps.js';
import { SpdySteps } from './script/spdy-steps.js';
import { Steps } from './script/steps.js';
import { StreamSteps } from './script/stream-steps.js';
import type { StepKinds } from './script/tape.js';
import { TlsSteps } from './script/tls-steps.js';
import { YamuxSteps } from './script/yamux-steps.js';

/** How a scripted peer is made. Only `over` has no default. */
export interface ScriptedPeerOptions {
  readonly over: Over;
  /** Who it is. Default: an Ed25519 identity from `random`. */
  readonly identity?: Identity;
  /** Default: a seeded source, the same in every run: its keys are for tests and known to everybody. */
  readonly random?: RandomSource;
  /** Default: the system's. On virtual time, the clock of the network. */
  readonly clock?: Clock;
  readonly ciphers?: Ciphers;
  /** Milliseconds that each expectation waits, and a listener for its dialer. Default 10,000, as engines wait. */
  readonly timeoutMs?: number;
  /** Milliseconds that the peer gets to close after the last step. Default 2,000. */
  readonly closeTimeoutMs?: number;
}

/** As long as go and js wait for one negotiation: a peer that is silent for longer has given up. */
const TIMEOUT_MS = 10_000;
/** Enough for a peer to flush and close; what it does later is not the script's. */
const CLOSE_TIMEOUT_MS = 2_000;

/** An empty script. Every step answers a longer one; `run` plays it. */
export class ScriptedPeer extends Steps {}

/** Begins a script. */
export function scriptedPeer(options: ScriptedPeerOptions): ScriptedPeer {
  const { over, random = new SeededRandom('scripted peer'), clock = systemClock, ciphers = nodeCiphers } = options;
  const role = over.kind === 'dial' ? 'dialer' : 'listener';
  const identity = options.identity ?? generateIdentity(ciphers, random).identity;
  const { timeoutMs = TIMEOUT_MS, closeTimeoutMs = CLOSE_TIMEOUT_MS } = options;
  const playing = { over, identity, random, clock, ciphers, role, timeoutMs, closeTimeoutMs } as const;
  return new ScriptedPeer({ commands: [], role, kinds: KINDS, play: (commands) => playScript(playing, commands) });
}

const KINDS: StepKinds = {
  multistream: (tape) => new MultistreamSteps(tape),
  plaintext: (tape) => new PlaintextSteps(tape),
  secio: (tape) => new SecioSteps(tape),
  noise: (tape) => new NoiseSteps(tape),
  tls: (tape) => new TlsSteps(tape),
  yamux: (tape) => new YamuxSteps(tape),
  mplex: (tape) => new MplexSteps(tape),
  spdy: (tape) => new SpdySteps(tape),
  stream: (tape) => new StreamSteps(tape),
};
