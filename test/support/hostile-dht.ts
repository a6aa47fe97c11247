/** A node whose DHT knows one honest server and one hostile one, both over TCP. */
import { CID } from 'multiformats/cid';
import { lastValueFrom, toArray, type Observable } from 'rxjs';
import type { Limits } from '../../src/limits.js';
import type { NodeRoutingOptions } from '../../src/host/routing/options.js';
import { expectTable, HostileKad, kadFrame, toldPeer, type KadScript } from './hostile-kad.js';
import { eventually } from './hostile-pipe.js';
import { startTarget, type Target } from './hostile-target.js';
import { invented } from './invented-peers.js';

/** What is looked for. */
export const WANTED = CID.parse('bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi');
/** Who provides it, as the honest server says. */
export const PROVIDER = invented(7);
/** A DHT that takes peers of any address, for all of these are on loopback. */
export const ANYWHERE = { dht: { mode: 'server', peers: 'any' } } as const;

/** All answers of a call. */
export const all = <Answer>(answers: Observable<Answer>): Promise<Answer[]> => lastValueFrom(answers.pipe(toArray()));

const honestly: KadScript = (stream, { key }) =>
  stream.send(kadFrame({ type: 'GET_PROVIDERS', key, providerPeers: [toldPeer(PROVIDER, '/ip4/9.9.9.10/tcp/4001')] }));

/** Who takes part. */
export interface Between {
  readonly target: Target;
  readonly honest: HostileKad;
  readonly mallory: HostileKad;
}

/** Starts the node and joins both; what the node asks from then on is the test's. */
export async function between(
  script: HostileKad['script'],
  limits: Partial<Limits> = {},
  routing: NodeRoutingOptions = ANYWHERE,
): Promise<Between> {
  const target = await startTarget({ routing, limits });
  const honest = await HostileKad.join(target, {
    seed: 'honest',
    listenAddresses: ['/ip4/9.9.9.9/tcp/4001'],
    script: { GET_PROVIDERS: honestly },
  });
  const mallory = await HostileKad.join(target, { listenAddresses: ['/ip4/8.8.8.8/tcp/4001'], script });
  await expectTable(target, 2);
  await eventually('it has looked itself up', () => target.node.dhts[0]?.routing.upkeep.state === 'resting');
  return { target, honest, mallory };
}
