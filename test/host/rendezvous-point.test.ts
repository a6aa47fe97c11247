/** A node that is a rendezvous point, stopped and started again on its repo: who was registered is found. */
import { expect, test } from '@jest/globals';
import { CID } from 'multiformats/cid';
import { lastValueFrom, toArray } from 'rxjs';
import { liveNode, temporaryFolder } from '../support/live-node.js';
import { openLevelStores } from '../../src/platform/level-store.js';

const CONTENT = CID.parse('QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG');

test('content that was provided at a point is found there after a restart, and a damaged record is told of', async () => {
  const folder = temporaryFolder();
  const open = async () => {
    const { blocks, data } = await openLevelStores(folder);
    const point = await liveNode({
      blocks,
      data,
      listen: ['/ip4/127.0.0.1/tcp/0'],
      routing: { rendezvousPoint: true },
    });
    const problems: string[] = [];
    point.events$.subscribe((event) => event.type === 'records.problem' && problems.push(event.error.code));
    const stop = async (): Promise<void> => {
      await point.stop();
      await data.put('/rendezvous/registrations/nobody', new Uint8Array(3));
      await Promise.all([blocks.close(), data.close()]);
    };
    return { problems, address: point.addresses[0] ?? '', stop };
  };
  const first = await open();
  const listen = ['/ip4/127.0.0.1/tcp/0'];
  const provider = await liveNode({ listen, routing: { rendezvous: [first.address] } });
  await lastValueFrom(provider.routing.provide(CONTENT).pipe(toArray()));
  await first.stop();
  const second = await open();
  const seeker = await liveNode({ listen: [], routing: { rendezvous: [second.address] } });
  const found = await lastValueFrom(seeker.routing.findProviders(CONTENT).pipe(toArray()));
  expect(found.map(({ provider: { id } }) => id)).toEqual([provider.peerId]);
  expect(second.problems).toEqual(['ERR_PEER_ID_INVALID']);
  await second.stop();
});
