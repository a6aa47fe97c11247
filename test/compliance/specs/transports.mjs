// Our TCP under `@libp2p/interface-compliance-tests/transport`: with js-libp2p's own plaintext and mock muxer above it, as
// the suite has it, and once more with our noise and yamux.
import suite from '@libp2p/interface-compliance-tests/transport';
import { TCP } from '@multiformats/multiaddr-matcher';
import { noise, tcp, yamux } from 'swarmchart/libp2p';

const ADDRESSES = ['/ip4/127.0.0.1/tcp/0', '/ip4/127.0.0.1/tcp/0'];

const STACKS = {
  tcp: { transports: [tcp()] },
  'tcp, noise, yamux': { transports: [tcp()], connectionEncrypters: [noise()], streamMuxers: [yamux()] },
};

for (const [name, parts] of Object.entries(STACKS)) {
  describe(name, () => {
    suite({
      setup: async () => ({
        dialer: { ...parts },
        listener: { ...parts, addresses: { listen: ADDRESSES } },
        dialMultiaddrMatcher: TCP,
        listenMultiaddrMatcher: TCP,
      }),
      teardown: async () => {},
    });
  });
}
