// swarmchart as a contender of the bench of the DHT, as built in dist/.
import { setTimeout as sleep } from 'node:timers/promises';
import { CID } from 'multiformats/cid';
import { create as createDigest } from 'multiformats/hashes/digest';
import { firstValueFrom, lastValueFrom, toArray } from 'rxjs';
import { createNode } from '../../dist/create-node.js';
import { LIMITS as DEFAULTS } from '../../dist/limits.js';
import { testRecords } from '../../test/peers/kad.mjs';

const LIFTED = 1_000_000;
const PATIENT_MS = 120_000;
// As for js-libp2p, what keeps strangers in bounds is lifted, and a busy machine is waited for.
export const LIMITS = {
  ...Object.fromEntries(
    Object.keys(DEFAULTS)
      .filter((name) => name.endsWith('TimeoutMs'))
      .map((name) => [name, PATIENT_MS]),
  ),
  ...Object.fromEntries(
    Object.keys(DEFAULTS)
      .filter((name) => /^resource.*(Connections|Streams|Bytes)$/.test(name) && !/BytesPer/.test(name))
      .map((name) => [name, LIFTED * LIFTED]),
  ),
  connections: LIFTED,
  connectionsHighWater: LIFTED,
  connectionsLowWater: LIFTED,
  upgradesInProgress: LIFTED,
  upgradesPerHost: LIFTED,
  streamResetsBurst: LIFTED,
};

const cidOf = (digest) => CID.createV1(0x55, createDigest(0x12, digest));
const all = (answers$) => lastValueFrom(answers$.pipe(toArray()));

/** Starts a node, see contender.mjs. */
export async function startNode(more = {}) {
  const node = await createNode({
    listen: ['/ip4/127.0.0.1/tcp/0'],
    security: ['noise'],
    muxers: ['yamux'],
    limits: { ...LIMITS, ...more },
    routing: {
      dht: { mode: 'server', peers: 'any' },
      validators: {
        v: {
          validate: (_, value) => testRecords.validate(value),
          select: (_, values) => testRecords.select(values),
        },
      },
    },
    onBroken: (error) => console.error(error),
  });
  const [dht] = node.dhts;
  const counts = { requests: 0, answers: 0, others: 0 };
  count(dht.requests, counts);
  return {
    counts,
    peerId: node.peerId,
    addresses: node.addresses,
    connect: (address) => node.dial(address),
    tableSize: () => dht.routing.table.size,
    connections: () => node.connections().length,
    stop: () => node.stop(),
    closestPeers: async (key) => (await all(node.routing.closestPeers(key))).map(({ peer }) => peer.id),
    provide: async (digest) => (await all(node.routing.provide(cidOf(digest)))).map(({ at }) => at),
    firstProvider: async (digest) => (await firstValueFrom(node.routing.findProviders(cidOf(digest)))).provider.id,
    put: async (key, value) => (await all(node.routing.putValue(key, value))).map(({ at }) => at),
    firstValue: async (key) => (await firstValueFrom(node.routing.getValue(key))).value,
    provideMany: async (digests) => {
      const [providing] = node.providing;
      await providing.add(digests.map(cidOf));
      while (providing.counts.keysNew > 0 || providing.counts.regionsUnderWay > 0) await sleep(20);
      const { lookups, records, regionsProvided, peersFailed } = providing.counts;
      const how = `a sweep: ${regionsProvided} regions, ${lookups} lookups, ${records} records, ${peersFailed} peers failed`;
      return { count: digests.length, how };
    },
  };
}

/** Counts what a node asks and tells when it does, before there is a stream, and its answers. */
function count(requests, counts) {
  const ask = requests.ask.bind(requests);
  requests.ask = async (...args) => {
    counts.requests += 1;
    const answer = await ask(...args);
    counts.answers += 1;
    return answer;
  };
  const tell = requests.tell.bind(requests);
  requests.tell = (...args) => {
    counts.others += 1;
    return tell(...args);
  };
  // A sweep hands over what it has for a peer in one call, where the requester takes that.
  const tellMany = requests.tellMany?.bind(requests);
  if (tellMany === undefined) return;
  requests.tellMany = (peer, messages, ...args) => {
    counts.others += messages.length;
    return tellMany(peer, messages, ...args);
  };
}
