/** What a node does about peers unasked, with every choice said: absent is off. */
import type { PeerOptions } from './options.js';

/** The choices of `options`. */
export function peerOptionsOf(options: PeerOptions): Required<PeerOptions> {
  const { identify = {}, peerstore = {}, relayV1 = false, pingMonitor = false } = options;
  return {
    identify: { push: identify.push ?? false, signedRecord: identify.signedRecord ?? false },
    peerstore: { persistent: peerstore.persistent ?? false },
    relayV1,
    pingMonitor,
  };
}
