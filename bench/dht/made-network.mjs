// A network of DHT servers of swarmchart whose tables are made, in as many processes as their sockets need.
import { setTimeout as sleep } from 'node:timers/promises';
import { Child } from '../child.mjs';
import { closestTo, inOrder, placed, sha256 } from './key-space.mjs';

/** Each listens on a socket, and has two more for a guest in the worst case: far below the usual bound of 20,000. */
const SERVERS_PER_PROCESS = 2_500;
const SPARE_FILES = 1_000;
/** Servers between two words on how far it is. */
const STEP = 250;
const LIFETIME_SECONDS = 6 * 3_600;
const PATIENCE_MS = 600_000;
const GONE_MS = 300_000;
const POLL_MS = 1_500;
const SCRIPT = new URL('made-servers.mjs', import.meta.url).pathname;

/** Open files of the process that has most: the one of the guest has a connection with everybody. */
export const filesFor = (size) => Math.max(size, 3 * Math.min(size, SERVERS_PER_PROCESS)) + SPARE_FILES;

/** Servers, and what is known of them by who made them. */
export class MadeNetwork {
  #children = [];
  #isStopping = false;
  /** With places in the key space, and addresses. */
  peers = [];
  /** How many peers each server knows, in order. */
  tables = [];

  /** Starts `size` servers and fills their tables. `say` hears how far it is. */
  static async start(size, say, seed = 'network') {
    const network = new MadeNetwork();
    try {
      await network.#start(size, say, seed);
    } catch (error) {
      await network.stop();
      throw error;
    }
    return network;
  }

  async #start(size, say, seed) {
    const count = Math.ceil(size / SERVERS_PER_PROCESS);
    const shares = Array.from({ length: count }, (_, at) => Math.floor(size / count) + (at < size % count ? 1 : 0));
    const args = ['--lifetime-seconds', `${LIFETIME_SECONDS}`];
    while (this.#children.length < count) this.#children.push(await Child.start(SCRIPT, args));
    const told = [];
    await this.#inSteps(shares, async (child, at, from, to) => {
      const seeds = Array.from({ length: to - from }, (_, step) => `${seed}/${at}/${from + step}`);
      told.push(...(await child.request('start', { seeds }, PATIENCE_MS)).started);
      say(`${told.length} of ${size} servers`);
    });
    await Promise.all(this.#children.map((child) => child.request('hear', { peers: told }, PATIENCE_MS)));
    await this.#inSteps(shares, async (child, _, from, to) => {
      this.tables.push(...(await child.request('fill', { from, to, seed }, PATIENCE_MS)).sizes);
      say(`${this.tables.length} of ${size} tables`);
    });
    this.tables.sort((left, right) => left - right);
    this.peers = inOrder(told.map(([id, address]) => placed(id, address)));
  }

  /** Has each process do its share, some at a time. */
  async #inSteps(shares, work) {
    const each = this.#children.map(async (child, at) => {
      for (let from = 0; from < shares[at]; from += STEP) {
        await work(child, at, from, Math.min(from + STEP, shares[at]));
      }
    });
    await Promise.all(each);
  }

  /** Ids of the 20 servers that are closest to the hash of these bytes. */
  closest(bytes) {
    return closestTo(sha256(bytes), this.peers).map(({ id }) => id);
  }

  /** As the work, but rejects when one of the processes is gone before it is done. */
  whileUp(work) {
    const lost = this.#children.map(async (child) => {
      const error = await child.gone;
      if (!this.#isStopping) throw error;
      return work;
    });
    return Promise.race([work, ...lost]);
  }

  /** A full address of one of the servers, drawn by a name. */
  contact(name) {
    const { id, address } = this.peers[sha256(name).readUInt32BE(0) % this.peers.length];
    return `${address}/p2p/${id}`;
  }

  /** For each multihash the ids of the servers that hold a record of `provider`, once no more are being written. */
  async holders(provider, multihashes) {
    const params = { provider, multihashes: multihashes.map((bytes) => Buffer.from(bytes).toString('hex')) };
    for (let last = -1; ;) {
      await sleep(POLL_MS);
      const answers = await Promise.all(this.#children.map((child) => child.request('holders', params, PATIENCE_MS)));
      const held = answers.flatMap((answer) => answer.held);
      if (held.length === last) {
        return multihashes.map((_, index) => held.filter(([at]) => at === index).map(([, id]) => id));
      }
      last = held.length;
    }
  }

  /** Waits until nobody is connected with any of the servers. */
  async deserted() {
    for (const begun = performance.now(); ;) {
      const { connections } = await this.state();
      if (connections === 0) return;
      if (performance.now() - begun > GONE_MS) throw new Error(`${connections} connections of a guest that has gone`);
      await sleep(POLL_MS);
    }
  }

  /** Connections of all servers, and memory of all of their processes. */
  async state() {
    const states = await Promise.all(this.#children.map((child) => child.request('state', {}, PATIENCE_MS)));
    const sum = (name) => states.reduce((total, state) => total + state[name], 0);
    return { processes: states.length, connections: sum('connections'), rssBytes: sum('rssBytes') };
  }

  async stop() {
    this.#isStopping = true;
    await Promise.all(this.#children.map((child) => child.stop()));
  }
}
