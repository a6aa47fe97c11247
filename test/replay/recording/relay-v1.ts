/** Circuit relay 0.1.0: what go-ipfs asked of who joined its swarm, and what a node that is no relay answers. */
import { listen, scriptedPeer } from '../../../src/testing/scripted-peer/index.js';
import { during, newWorld } from '../../support/sim-nodes.js';
import type { Recipe } from './recipe.js';
import { muxed, startIn, stopIn } from './virtual.js';

/** Field 1 is the type, 4 for CAN_HOP and 3 for STATUS; field 4 is the code, 270 for "no relay". */
const CAN_HOP = Uint8Array.of(8, 4);
const CANNOT_HOP = Uint8Array.of(8, 3, 32, 142, 2);

export const RELAY_V1: Recipe = {
  name: 'relay-v1-asked',
  title: 'circuit relay 0.1.0: the peer asks whether we relay, as go-ipfs 0.4 did, and is told that we do not',
  peers: [],
  record: async (recording) => {
    const world = newWorld();
    const node = await startIn(world, recording, { listen: [], relayV1: true });
    const peer = scriptedPeer({ clock: world.clock, over: listen(world.network.transport, '/memory/peer') });
    const running = muxed(peer)
      .yamux.accept('/ipfs/id/1.0.0', { name: 'identify' })
      .sendIdentify({ agentVersion: 'go-ipfs/0.4.13/' })
      .fin()
      .yamux.open('relay')
      .expectAck()
      .negotiate('/libp2p/circuit/relay/0.1.0')
      .sendMessage(CAN_HOP)
      .expectMessage(CANNOT_HOP)
      .expectFin()
      .fin()
      .yamux.sendGoAway(0)
      .expectClose()
      .start();
    await during(world, node.dial(await running.address));
    await during(world, running.outcome);
    await stopIn(world, node);
  },
};
