// One DHT node of js-libp2p 0.27. Its keys are whole CIDs in bytes, as they were then.
import { generateKeyPairSync } from 'node:crypto';
import CID from 'cids';
import Libp2p from 'libp2p';
import KadDHT from 'libp2p-kad-dht';
import Mplex from 'libp2p-mplex';
import secio from 'libp2p-secio';
import TCP from 'libp2p-tcp';
import multiaddr from 'multiaddr';
import PeerId from 'peer-id';
import PeerInfo from 'peer-info';
import { testRecords } from '../kad.mjs';

/** Starts a node that answers on `/ipfs/kad/1.0.0`. */
export async function startNode({ key, listen }) {
  const peerInfo = new PeerInfo(key === 'rsa' ? await rsaIdentity() : await PeerId.create({ keyType: key }));
  for (const address of listen) peerInfo.multiaddrs.add(address);
  const node = await Libp2p.create({
    peerInfo,
    modules: { transport: [TCP], streamMuxer: [Mplex], connEncryption: [secio], dht: KadDHT },
    connectionManager: { maxConnections: Infinity, minPeers: 0 },
    config: {
      peerDiscovery: { autoDial: false },
      relay: { enabled: false },
      dht: {
        enabled: true,
        validators: { v: { func: async (_key, value) => testRecords.validate(value), sign: false } },
        selectors: { v: (_key, values) => testRecords.select(values) },
        randomWalk: { enabled: false },
      },
    },
  });
  await node.start();
  const dht = node._dht;
  return {
    peerId: peerInfo.id.toB58String(),
    addresses: peerInfo.multiaddrs.toArray().map((address) => full(address, peerInfo.id)),
    connect: (address) => node.dial(multiaddr(address)),
    tableSize: () => dht.routingTable.size,
    // It tells only of failures, by an error.
    provide: async (cid) => {
      await dht.provide(new CID(cid));
      return {};
    },
    findProviders: async function* (cid) {
      for await (const info of dht.findProviders(new CID(cid))) yield describePeer(info);
    },
    findPeer: async (peerId) => describePeer(await dht.findPeer(PeerId.createFromB58String(peerId))),
    closestPeers: async function* (bytes) {
      for await (const id of dht.getClosestPeers(bytes)) {
        yield describePeer(dht.peerStore.has(id) ? dht.peerStore.get(id) : new PeerInfo(id));
      }
    },
    put: async (bytes, value) => {
      await dht.put(bytes, value);
      return {};
    },
    get: (bytes) => dht.get(bytes),
    stop: () => node.stop(),
  };
}

const full = (address, id) => `${address}`.replace(/\/p2p\/.*$/, '') + `/p2p/${id.toB58String()}`;

function describePeer(info) {
  return { peerId: info.id.toB58String(), addresses: info.multiaddrs.toArray().map(String) };
}

/** The library takes seconds to find an RSA key; Node's own is wrapped in the key protobuf instead. */
function rsaIdentity() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const der = privateKey.export({ type: 'pkcs1', format: 'der' });
  const head = Buffer.from([0x08, 0x00, 0x12, (der.length & 0x7f) | 0x80, der.length >> 7]);
  return PeerId.createFromPrivKey(Buffer.concat([head, der]));
}
