// One DHT node of js-libp2p 3, its limits lifted: who serves a test must not be the one that refuses.
import { generateKeyPair } from '@libp2p/crypto/keys';
import { identify, identifyPush } from '@libp2p/identify';
import { kadDHT, passthroughMapper } from '@libp2p/kad-dht';
import { noise } from '@libp2p/noise';
import { peerIdFromString } from '@libp2p/peer-id';
import { ping } from '@libp2p/ping';
import { tcp } from '@libp2p/tcp';
import { yamux } from '@libp2p/yamux';
import { multiaddr } from '@multiformats/multiaddr';
import { ipnsSelector } from 'ipns/selector';
import { ipnsValidator } from 'ipns/validator';
import { createLibp2p } from 'libp2p';
import { CID } from 'multiformats/cid';
import { create as createDigest } from 'multiformats/hashes/digest';
import { testRecords } from '../kad.mjs';

const LIFTED = 1_000_000;
const STREAM_LIMITS = { maxInboundStreams: LIFTED, maxOutboundStreams: LIFTED };
// Machines that run suites are busy: only what hangs may run into these.
const PATIENT_MS = 60_000;
const PATIENT = { minTimeout: PATIENT_MS, maxTimeout: PATIENT_MS };
const KEY_TYPES = { ed25519: 'Ed25519', secp256k1: 'secp256k1' };

/** Starts a node that answers on `protocol`, or with `client` only asks; loopback addresses are as good as any to it. */
export async function startNode({ key, listen, protocol, client }) {
  const node = await createLibp2p({
    privateKey: key === 'rsa' ? await generateKeyPair('RSA', 2048) : await generateKeyPair(KEY_TYPES[key] ?? key),
    addresses: { listen },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux({ ...STREAM_LIMITS, maxEarlyStreams: LIFTED })],
    connectionManager: {
      maxConnections: LIFTED,
      inboundConnectionThreshold: LIFTED,
      maxIncomingPendingConnections: LIFTED,
      reconnectRetries: 0,
      dialTimeout: PATIENT_MS,
      addressDialTimeout: PATIENT_MS,
      inboundUpgradeTimeout: PATIENT_MS,
      outboundStreamProtocolNegotiationTimeout: PATIENT_MS,
      inboundStreamProtocolNegotiationTimeout: PATIENT_MS,
    },
    connectionMonitor: { enabled: false },
    services: {
      identify: identify({ ...STREAM_LIMITS, timeout: PATIENT_MS }),
      identifyPush: identifyPush({ ...STREAM_LIMITS, timeout: PATIENT_MS }),
      ping: ping(STREAM_LIMITS),
      dht: kadDHT({
        protocol,
        clientMode: client,
        peerInfoMapper: passthroughMapper,
        allowQueryWithZeroPeers: true,
        networkDialTimeout: PATIENT,
        pingNewContactTimeout: PATIENT,
        onPeerConnectTimeout: PATIENT_MS,
        validators: { ipns: ipnsValidator, v: (_key, value) => testRecords.validate(value) },
        selectors: { ipns: ipnsSelector, v: (_key, values) => testRecords.select(values) },
        ...STREAM_LIMITS,
      }),
    },
  });
  const { dht } = node.services;
  return {
    peerId: node.peerId.toString(),
    addresses: node.getMultiaddrs().map(String),
    connect: (address) => node.dial(multiaddr(address)),
    tableSize: () => dht.routingTable.size,
    provide: async (cid) => summary(dht.provide(CID.parse(cid))),
    findProviders: async function* (cid) {
      for await (const event of dht.findProviders(CID.parse(cid)))
        if (event.name === 'PROVIDER') yield* event.providers.map(describePeer);
    },
    findPeer: async (peerId) => {
      for await (const event of dht.findPeer(peerIdFromString(peerId)))
        if (event.name === 'FINAL_PEER') return describePeer(event.peer);
      throw new Error(`${peerId} was not found`);
    },
    closestPeers: async function* (bytes) {
      for await (const event of dht.getClosestPeers(bytes))
        if (event.name === 'FINAL_PEER') yield describePeer(event.peer);
    },
    put: (bytes, value) => summary(dht.put(bytes, value)),
    // The best is the last: the queries of the DHT go on after the first value.
    get: async (bytes) => {
      let value;
      for await (const event of dht.get(bytes)) if (event.name === 'VALUE') value = event.value;
      if (value === undefined) throw new Error('no value was found');
      return value;
    },
    stop: () => node.stop(),
    /** For who measures: open connections, and the service itself. */
    connections: () => node.getConnections().length,
    dht,
  };
}

/** The text of a CID of raw bytes with this SHA-256. */
export const cidOfDigest = (digest) => CID.createV1(0x55, createDigest(0x12, digest)).toString();

const describePeer = ({ id, multiaddrs }) => ({ peerId: id.toString(), addresses: multiaddrs.map(String) });

/** Who answered while something was stored, and who failed. */
async function summary(events) {
  const stored = new Set();
  const failed = new Set();
  for await (const event of events) {
    const isStore = event.messageName === 'ADD_PROVIDER' || event.messageName === 'PUT_VALUE';
    if (event.name === 'PEER_RESPONSE' && isStore) stored.add(event.from.toString());
    if (event.name === 'QUERY_ERROR') failed.add(event.from?.toString());
  }
  return { stored: [...stored], failed: [...failed] };
}
