// Kubo's DHT through its command line. Keys and values travel in base64, as with the other peers.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const POLL_MS = 100;
/** Types of query events, as the JSON of the command line numbers them. */
const FINAL_PEER = 2;
const PROVIDER = 4;
const VALUE = 5;

/** Base58btc. */
export function base58(bytes) {
  let text = '';
  for (let rest = BigInt(`0x0${Buffer.from(bytes).toString('hex')}`); rest > 0n; rest /= 58n)
    text = BASE58[rest % 58n] + text;
  const zeros = bytes.findIndex((byte) => byte !== 0);
  return '1'.repeat(zeros < 0 ? bytes.length : zeros) + text;
}

/** What `--dht server` or `--dht client` changes in the configuration of a node that is kept to loopback. */
export function withDht(config, mode) {
  const { Routing: _none, Provide: _off, ...rest } = config;
  return {
    ...rest,
    Routing: { Type: `dht${mode}`, DelegatedRouters: [], LoopbackAddressesOnLanDHT: true },
    // Each CID by itself and at once, instead of with its region of keys.
    Provide: { Enabled: true, DHT: { SweepEnabled: false } },
  };
}

/** The commands; `ipfs` runs one of Kubo's and resolves to what it printed. */
export function routingCommands(ipfs, connect, folder) {
  /** The events of a query, one JSON object a line. */
  const events = async (...args) => (await ipfs(...args, '--enc', 'json')).split('\n').filter(Boolean).map((line) => JSON.parse(line));
  const peersOf = (list, type) =>
    list
      .filter(({ Type }) => Type === type)
      .flatMap(({ Responses }) => Responses)
      .map(({ ID, Addrs }) => ({ peerId: ID, addresses: Addrs ?? [] }));
  const tableSize = async () => {
    const [lan] = (await events('stats', 'dht', 'lan')).reverse();
    return lan.Buckets.reduce((sum, { Peers }) => sum + (Peers?.length ?? 0), 0);
  };
  return {
    connect: async ({ address }) => {
      await connect(address);
      return {};
    },
    tableSize: async () => ({ size: await tableSize() }),
    waitTables: async ({ n, timeoutMs = 60_000 }) => {
      const giveUp = performance.now() + timeoutMs;
      for (;;) {
        const size = await tableSize();
        if (size >= n) return { sizes: [size] };
        if (performance.now() > giveUp) throw new Error(`the table holds ${size}, not ${n}`);
        await sleep(POLL_MS);
      }
    },
    provide: async ({ cid }) => {
      await ipfs('routing', 'provide', cid);
      return {};
    },
    findProviders: async ({ cid, enough = 20 }) => ({
      providers: peersOf(await events('routing', 'findprovs', '-n', String(enough), cid), PROVIDER),
    }),
    findPeer: async ({ peerId }) => {
      const [found] = peersOf(await events('routing', 'findpeer', peerId), FINAL_PEER);
      if (found === undefined) throw new Error(`${peerId} was not found`);
      return found;
    },
    putValue: async ({ key, value }) => {
      const own = await mkdtemp(join(folder, 'value-'));
      try {
        await writeFile(join(own, 'value'), Buffer.from(value, 'base64'));
        await ipfs('routing', 'put', textKey(key), join(own, 'value'));
      } finally {
        await rm(own, { recursive: true });
      }
      return {};
    },
    getValue: async ({ key }) => {
      const [value] = (await events('routing', 'get', textKey(key))).filter(({ Type }) => Type === VALUE).reverse();
      if (value === undefined) throw new Error('no value was found');
      return { value: value.Extra };
    },
    publishName: async ({ path, lifetime = '24h', ttl = '1m' }) => ({
      name: await ipfs('name', 'publish', '--quieter', '--lifetime', lifetime, '--ttl', ttl, path),
    }),
    resolveName: async ({ name }) => ({ path: await ipfs('name', 'resolve', '--nocache', name) }),
  };
}

/** `/ipns/` or `/pk/` and a multihash, as the command line writes them. */
function textKey(base64) {
  const bytes = Buffer.from(base64, 'base64');
  const head = /^\/(ipns|pk)\//.exec(bytes.toString('latin1'))?.[0];
  if (head === undefined) throw new Error('Kubo takes keys under /ipns/ and /pk/ only');
  return head + base58(bytes.subarray(head.length));
}
