/** What a run can fail with: an invariant broken, or a promise not kept. */

/** Every invariant, with what it says. */
export const INVARIANTS = {
  'stream.credit': 'nobody sends more than the peer granted, on a stream or on a session',
  'stream.id': 'stream ids tell who opened them, ascend, and are used by nobody before',
  'stream.afterEnd': 'nothing follows the end or the reset of a stream, but what ends it',
  'stream.buffer': 'no more waits for the readers of a connection than its muxer allows',
  'noise.nonce': 'no nonce seals twice under one key, and nonces ascend',
  'tls.nonce': 'no record number seals twice under one key, and numbers ascend',
  'secio.keyStream': 'no two channels share a key stream',
  'actor.final': 'an actor that has reached a final state takes no step',
  'actor.leak': 'no actor is left when its node is closed',
  'resources.leak': 'no scope counts anything when no connection is left',
  'stream.prefix': 'what a stream delivers is a prefix of what was sent on it',
  'corruption.caught': 'a connection on which a byte was changed does not live',
  'engine.broken': 'no assertion of the engine fails',
  'content.bytes': 'a fetched file has the bytes that were added',
  'echo.bytes': 'an echo stream returns what was sent, in order',
  'liveness.operation': 'every operation ends, well or with an error, when all is calm',
  'liveness.fetch': 'every promised fetch whose blocks exist succeeds when all is calm',
} as const;

export type InvariantId = keyof typeof INVARIANTS;

/** One thing that went wrong. */
export interface SimulationFailure {
  readonly invariant: InvariantId;
  /** Id of the machine at fault, or the kind of operation where no machine is. */
  readonly machine: string;
  /** Its state; for an operation how far it came. */
  readonly state: string;
  /** Name of the node that it was seen at. */
  readonly node: string;
  /** Address of the actor, e.g. `conn:1/yamux/5`, or what the operation was. */
  readonly actor: string;
  /** When, in milliseconds of the world's clock. */
  readonly atMs: number;
  readonly message: string;
}

/** What two failures of the same bug have in common. */
export type FailureSignature = string;

/** `stream.credit yamuxStream open.windowOpen`: invariant, machine and state. */
export function signatureOf({ invariant, machine, state }: SimulationFailure): FailureSignature {
  return `${invariant} ${machine} ${state}`;
}

/** One failure in words. */
export function describeSimulationFailure(failure: SimulationFailure): string {
  const { invariant, node, actor, atMs, message } = failure;
  return `${invariant} (${INVARIANTS[invariant]})\n  at ${Math.round(atMs)} ms, ${node} ${actor}: ${message}`;
}
