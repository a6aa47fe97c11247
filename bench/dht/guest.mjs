// One node that joins a made network as a stranger and provides CIDs there: what it sends for that, and where it ends up.
import { setTimeout as sleep } from 'node:timers/promises';
import { sha256 } from './key-space.mjs';

const CONTACTS = 4;
/** Nothing was sent, learnt or connected for so long: what a node does of itself at its start is over. */
const QUIET_MS = 4_000;
const QUIET_TIMEOUT_MS = 180_000;
/** CIDs whose holders are looked at. */
const SAMPLED = 100;
const PROGRESS_EACH = 50;
const SHA2_256 = Buffer.of(0x12, 0x20);
const MODULES = { swarmchart: './swarmchart.mjs', 'js-libp2p': './js-libp2p.mjs' };

/** Who can be a guest. */
export const GUESTS = Object.keys(MODULES);

const sent = ({ requests, answers, others }) => requests + answers + others;

/** Starts a node that joins: it dials some of those that are there, and asks them for itself. */
export async function joined(label, network) {
  const { startNode } = await import(MODULES[label]);
  const node = await startNode();
  for (let contact = 0; contact < CONTACTS; contact += 1) await node.connect(network.contact(`guest/${contact}`));
  while (node.tableSize() === 0) await sleep(5);
  await node.closestPeers(Buffer.from(node.peerId));
  await quiet(node);
  return node;
}

/** Has a guest provide so many CIDs, and answers what it took. The guest is gone then. */
export async function measureGuest(label, network, cids, say) {
  const node = await joined(label, network);
  const digests = Array.from({ length: cids }, (_, index) => sha256(`cid/${index}`));
  const figures = { label, cids, tableBefore: node.tableSize() };
  say(`${label} has joined, with ${figures.tableBefore} peers in its table`);
  const counts = node.provided ?? node.counts;
  const [before, allBefore] = [{ ...counts }, sent(node.counts)];
  const begun = performance.now();
  const cpu = process.cpuUsage();
  if (label === 'swarmchart') figures.how = (await node.provideMany(digests)).how;
  else {
    figures.how = 'a lookup each';
    figures.each = await provideEach(node, digests, counts, (at) => say(`${label}: ${at} of ${cids} CIDs`));
  }
  const { user, system } = process.cpuUsage(cpu);
  figures.seconds = (performance.now() - begun) / 1e3;
  figures.cpuSeconds = (user + system) / 1e6;
  figures.requests = counts.requests - before.requests;
  figures.told = counts.others - before.others;
  figures.messages = sent(counts) - sent(before);
  figures.lookups = figures.messages - figures.told;
  figures.besides = sent(node.counts) - allBefore - figures.messages;
  figures.tableAfter = node.tableSize();
  figures.connections = node.connections();
  figures.reached = await reached(node.peerId, digests, network);
  figures.servers = await network.state();
  await node.stop();
  await network.deserted();
  return figures;
}

/** One CID after another. Answers the messages of each. */
async function provideEach(node, digests, counts, progress) {
  const each = [];
  for (const digest of digests) {
    const before = sent(counts);
    await node.provide(digest);
    each.push(sent(counts) - before);
    if (each.length % PROGRESS_EACH === 0) progress(each.length);
  }
  return each;
}

/** Of a sample of the CIDs, how many of the servers closest to each hold the record, and how many others do. */
async function reached(provider, digests, network) {
  const step = Math.max(1, Math.floor(digests.length / SAMPLED));
  const multihashes = digests
    .filter((_, index) => index % step === 0)
    .slice(0, SAMPLED)
    .map((digest) => Buffer.concat([SHA2_256, digest]));
  const holders = await network.holders(provider, multihashes);
  const figures = { cids: multihashes.length, closest: 0, held: 0, elsewhere: 0 };
  for (const [index, multihash] of multihashes.entries()) {
    const closest = new Set(network.closest(multihash));
    const held = holders[index].filter((id) => closest.has(id)).length;
    figures.closest += closest.size;
    figures.held += held;
    figures.elsewhere += holders[index].length - held;
  }
  return figures;
}

/** How many of the servers closest to each of some keys a node finds that does nothing but look up: from 0 to 1. */
export async function lookupShare(network, keys) {
  const node = await joined('swarmchart', network);
  let [found, all] = [0, 0];
  for (let number = 0; number < keys; number += 1) {
    const key = sha256(`check/${number}`);
    const closest = network.closest(key);
    const answers = new Set(await node.closestPeers(key));
    found += closest.filter((id) => answers.has(id)).length;
    all += closest.length;
  }
  await node.stop();
  await network.deserted();
  return found / all;
}

async function quiet(node) {
  const giveUp = performance.now() + QUIET_TIMEOUT_MS;
  const sum = () => sent(node.counts) + node.tableSize() + node.connections();
  for (let last = -1; last !== sum() && performance.now() < giveUp;) {
    last = sum();
    await sleep(QUIET_MS);
  }
}
