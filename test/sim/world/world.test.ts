/** A simulated world: whole nodes that find each other, exchange content, and end, in virtual time. */
import { describe, expect, test } from '@jest/globals';
import { World } from '../../../src/sim/index.js';

describe('a world', () => {
  test.each(['native', 'real', 'toy'] as const)(
    'two nodes with %s ciphers identify each other and close',
    async (ciphers) => {
      const world = new World({ seed: 1, ciphers });
      const [one, two] = [world.addNode('one'), world.addNode('two')];
      const seen = await world.during(one.run((host) => host.identify(two.address)));
      expect(seen).toMatchObject({ agentVersion: 'swarmchart/0.1.0', listenAddresses: ['/memory/two'] });
      await world.quiesce();
      expect(world.nowMs).toBeLessThan(1000);
      expect(two.host.connections()).toMatchObject([{ remotePeer: one.peerId, security: '/noise' }]);
      expect(await world.close()).toEqual([]);
      expect([...one.broken, ...two.broken]).toEqual([]);
    },
  );
});
