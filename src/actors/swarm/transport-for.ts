/** The transport of an address. */
import { EngineError } from '../../errors.js';
import type { Transport } from '../../ports.js';

/** The first that handles it. Throws `ERR_TRANSPORT_UNSUPPORTED`. */
export function transportFor(transports: readonly Transport[], address: string): Transport {
  const transport = transports.find((candidate) => candidate.handles(address));
  if (transport === undefined) {
    throw new EngineError('ERR_TRANSPORT_UNSUPPORTED', 'local', `no transport handles ${address}`);
  }
  return transport;
}
