/** What a node does about a peer unasked, with js-libp2p: it tells what has changed, and sees whether the peer is there. */
import { filter, firstValueFrom } from 'rxjs';
import { expectEqual } from './expecting.js';
import type { Recipe } from './recipe.js';
import { startedPeer } from './started-peer.js';

const IDENTIFY = '/ipfs/id/1.0.0';

export const LIVE_PEERS: readonly Recipe[] = [
  {
    name: 'identify-push-to-js-libp2p',
    title:
      'js-libp2p is asked which protocols it speaks, is pinged by the monitor, and hears by a push of a new protocol',
    peers: ['js-modern'],
    packed: true,
    record: async (recording) => {
      const peer = await startedPeer(recording, 'js-modern', ['--identify-push']);
      const node = await recording.start({
        security: ['noise'],
        listen: [],
        limits: { identifyPushDebounceMs: 100 },
        identify: { push: true },
        pingMonitor: { intervalMs: 1000 },
      });
      await node.dial(peer.addresses[0]);
      await node.identify(peer.peerId);
      expectEqual((await node.listProtocols(peer.peerId)).includes(IDENTIFY), true, 'whether it lists identify');
      const pinged = firstValueFrom(
        node.transitions$.pipe(
          filter(({ machine, from, to }) => machine === 'pingMonitor' && from === 'pinging' && to === 'resting'),
        ),
      );
      const pushed = firstValueFrom(
        node.transitions$.pipe(filter(({ machine, to }) => machine === 'identifyPush' && to === 'pushed')),
      );
      node.registerHandle('/chat/1', () => undefined);
      await Promise.all([pinged, pushed]);
      node.disconnect(peer.peerId);
    },
  },
];
