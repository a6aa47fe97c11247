// A live peer for the tests: helia's delegated routing server over a table of answers, and its client. Flags and control
// protocol: ../README.md.
import './polyfill.mjs';
import { parseFlags, serveControl } from '../control.mjs';

const flags = parseFlags();

const { delegatedRoutingV1HttpApiClient } = await import('@helia/delegated-routing-v1-http-api-client');
const { createDelegatedRoutingV1HttpApiServer } = await import('@helia/delegated-routing-v1-http-api-server');
const { generateKeyPair } = await import('@libp2p/crypto/keys');
const { defaultLogger } = await import('@libp2p/logger');
const { peerIdFromPrivateKey, peerIdFromString } = await import('@libp2p/peer-id');
const { multiaddr } = await import('@multiformats/multiaddr');
const { createIPNSRecord, marshalIPNSRecord, multihashToIPNSRoutingKey } = await import('ipns');
const { base64 } = await import('multiformats/bases/base64');
const { CID } = await import('multiformats/cid');
const { ipnsValidator } = await import('ipns/validator');

/** What the server finds, by CID, peer id or routing key in text; filled by `serve`. */
const providers = new Map();
const peers = new Map();
const closest = new Map();
const values = new Map();
/** Calls of the server's routing that its clients left before their end. */
let left = 0;

const peerInfo = ({ id, addresses }) => ({ id: peerIdFromString(id), multiaddrs: addresses.map((text) => multiaddr(text)) });
const notFound = () => Object.assign(new Error('not found'), { name: 'NotFoundError', code: 'ERR_NOT_FOUND' });
const forever = (signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

async function* each({ found = [], stalls = false } = {}, signal) {
  for (const peer of found) yield peerInfo(peer);
  if (!stalls) return;
  try {
    await forever(signal);
  } finally {
    left++;
  }
}

const routing = {
  findProviders: (cid, { signal }) => each(providers.get(cid.toV1().toString()), signal),
  getClosestPeers: (key, { signal }) => each(closest.get(base64.encode(key)), signal),
  async findPeer(id) {
    const found = peers.get(id.toString());
    if (found === undefined) throw notFound();
    return peerInfo(found);
  },
  async get(key) {
    const value = values.get(base64.encode(key));
    if (value === undefined) throw notFound();
    return value;
  },
  async put(key, value) {
    values.set(base64.encode(key), value);
  },
};

const server = await createDelegatedRoutingV1HttpApiServer({ routing }, { listen: { host: '127.0.0.1', port: 0 } });
const { port } = server.server.address();

/** A client of another server, for one command. */
const withClient = async ({ url, filterAddrs, filterProtocols, timeoutMs = 30_000 }, use) => {
  const options = { url, cacheTTL: 0, timeout: timeoutMs, filterAddrs, filterProtocols };
  const client = delegatedRoutingV1HttpApiClient(options)({ logger: defaultLogger() });
  await client.start();
  try {
    return await use(client);
  } finally {
    await client.stop();
  }
};
const listed = async (records, limit = Infinity) => {
  const list = [];
  for await (const { ID, Addrs, Protocols } of records) {
    list.push({ id: peerIdFromCid(ID), addresses: Addrs.map(String), protocols: Protocols });
    if (list.length >= limit) break;
  }
  return { list };
};
const peerIdFromCid = (cid) => peerIdFromString(cid.toString()).toString();

serveControl({
  peerId: peerIdFromPrivateKey(await generateKeyPair('Ed25519')).toString(),
  addresses: [`/ip4/127.0.0.1/tcp/${port}/http`],
  commands: {
    serveProviders: ({ cid, found, stalls }) => void providers.set(cid, { found, stalls }),
    servePeer: ({ peer, addresses }) => void peers.set(peer, { id: peer, addresses }),
    serveClosest: ({ key, found }) => void closest.set(key, { found }),
    left: () => ({ left }),
    async makeRecord({ value, sequence, lifetimeMs = 3_600_000 }) {
      const key = await generateKeyPair('Ed25519');
      const record = marshalIPNSRecord(await createIPNSRecord(key, value, sequence, lifetimeMs));
      const peer = peerIdFromPrivateKey(key);
      return {
        record: base64.encode(record),
        key: base64.encode(multihashToIPNSRoutingKey(peer.toMultihash())),
        name: peer.toString(),
      };
    },
    /** Whether a record is valid by `ipns`. */
    async judge({ key, record }) {
      await ipnsValidator(base64.decode(key), base64.decode(record));
    },
    getProviders: ({ cid, limit, ...options }) =>
      withClient(options, (client) => listed(client.getProviders(CID.parse(cid)), limit)),
    getPeers: ({ peer, ...options }) =>
      withClient(options, (client) => listed(client.getPeers(peerIdFromString(peer).toCID()))),
    getClosestPeers: ({ cid, ...options }) =>
      withClient(options, (client) => listed(client.getClosestPeers(CID.parse(cid)))),
    getIPNS: ({ name, ...options }) =>
      withClient(options, async (client) => ({ record: base64.encode(await client.getIPNS(peerIdFromString(name).toCID())) })),
    putIPNS: ({ name, record, ...options }) =>
      withClient(options, (client) => client.putIPNS(peerIdFromString(name).toCID(), base64.decode(record))),
  },
  stop: () => server.close(),
  lifetimeSeconds: flags['lifetime-seconds'],
});
