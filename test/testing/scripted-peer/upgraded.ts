/** Scripts up to where streams begin. */
import type { Steps } from '../../../src/testing/scripted-peer/index.js';

/** noise and yamux as the side that dials. */
export function dialed(script: Steps): Steps {
  return script.multistream.negotiate('/noise').noise.handshake().multistream.negotiate('/yamux/1.0.0');
}

/** noise and yamux as the side that is dialed. */
export function accepted(script: Steps): Steps {
  return script.multistream.accept('/noise').noise.handshake().multistream.accept('/yamux/1.0.0');
}
