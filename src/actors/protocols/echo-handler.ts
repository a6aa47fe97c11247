/** The echo protocol: every byte comes back, in order. A peer to test streams against, not a libp2p standard. */
import type { Environment } from '../environment.js';
import type { ProtocolStream } from '../stream/protocol-stream.js';
import { respond } from './stream-turns.js';

export const ECHO_PROTOCOL = '/echo/1.0.0';

/** Echoes a stream at the pace at which its peer reads; resolves when both sides are closed. */
export function echo(environment: Environment, stream: ProtocolStream): Promise<void> {
  return respond(environment, stream, { answer: (chunk) => chunk });
}
