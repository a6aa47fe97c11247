// Our muxers under `@libp2p/interface-compliance-tests/stream-muxer`.
import suite from '@libp2p/interface-compliance-tests/stream-muxer';
import { createChart, yamux } from 'swarmchart/libp2p';

for (const [name, factory] of Object.entries({ yamux })) {
  describe(name, () => {
    const chart = createChart();
    suite({ setup: async () => factory({ chart })(), teardown: async () => {} });
  });
}
