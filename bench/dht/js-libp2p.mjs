// js-libp2p's kad-dht as a contender of the bench of the DHT, on the pins and with the limits of test/peers/js-kad.
import '../../test/peers/js-kad/polyfill.mjs';

const { startNode: startKadNode, cidOfDigest } = await import('../../test/peers/js-kad/node.mjs');

/** Starts a node, see contender.mjs. */
export async function startNode() {
  const node = await startKadNode({
    key: 'ed25519',
    listen: ['/ip4/127.0.0.1/tcp/0'],
    protocol: '/ipfs/kad/1.0.0',
    client: false,
  });
  const counts = { requests: 0, answers: 0, others: 0 };
  count(node.dht.network, counts);
  const provided = { requests: 0, answers: 0, others: 0 };
  countProvided(node.dht, provided);
  return {
    counts,
    /** What of it was for providing. */
    provided,
    peerId: node.peerId,
    addresses: node.addresses,
    connect: node.connect,
    tableSize: node.tableSize,
    connections: node.connections,
    stop: node.stop,
    closestPeers: async (key) => {
      const peers = [];
      for await (const { peerId } of node.closestPeers(key)) peers.push(peerId);
      return peers;
    },
    provide: async (digest) => (await node.provide(cidOfDigest(digest))).stored,
    firstProvider: async (digest) => {
      for await (const { peerId } of node.findProviders(cidOfDigest(digest))) return peerId;
      throw new Error('no provider was found');
    },
    put: async (key, value) => (await node.put(key, value)).stored,
    firstValue: async (key) => {
      for await (const event of node.dht.get(key)) if (event.name === 'VALUE') return event.value;
      throw new Error('no value was found');
    },
    provideMany: async (digests) => {
      for (const digest of digests) await node.provide(cidOfDigest(digest));
      return { count: digests.length, how: `one after another, ${digests.length} of them, the rest reckoned` };
    },
  };
}

/** Counts the same of what was sent to provide, by what the calls tell of themselves. */
function countProvided(dht, counts) {
  const provide = dht.provide.bind(dht);
  dht.provide = async function* (...args) {
    for await (const event of provide(...args)) {
      const isStored = event.messageName === 'ADD_PROVIDER';
      if (event.name === 'SEND_QUERY') counts[isStored ? 'others' : 'requests'] += 1;
      else if (event.name === 'PEER_RESPONSE' && !isStored) counts.answers += 1;
      yield event;
    }
  };
}

/** Counts what a node sends, and what answers it: once the stream is there, and once the answer is. */
function count(network, counts) {
  const sendRequest = network.sendRequest.bind(network);
  network.sendRequest = async function* (...args) {
    for await (const event of sendRequest(...args)) {
      if (event.name === 'SEND_QUERY') counts.requests += 1;
      else if (event.name === 'PEER_RESPONSE') counts.answers += 1;
      yield event;
    }
  };
  const sendMessage = network.sendMessage.bind(network);
  network.sendMessage = async function* (...args) {
    for await (const event of sendMessage(...args)) {
      if (event.name === 'SEND_QUERY') counts.others += 1;
      yield event;
    }
  };
}
