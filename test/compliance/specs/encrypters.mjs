// Our security protocols under `@libp2p/interface-compliance-tests/connection-encryption`.
import suite from '@libp2p/interface-compliance-tests/connection-encryption';
import { createChart, noise, plaintext, secio } from 'swarmchart/libp2p';

for (const [name, factory] of Object.entries({ noise, secio, plaintext })) {
  describe(name, () => {
    const chart = createChart();
    const upgrader = { getStreamMuxers: () => new Map() };
    suite({
      setup: async ({ privateKey }) => factory({ chart })({ privateKey, upgrader }),
      teardown: async () => {},
    });
  });
}
