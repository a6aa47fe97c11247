// What it costs a node of each kind to provide many CIDs in one and the same network, made of swarmchart's servers. Writes
// bench/results/dht-guests-DATE.md.
//
//   node bench/dht-guests.mjs [--nodes N] [--cids N]
//
// Where every node knows every other from the start (bench/dht.mjs), nobody has anything to find; here a guest has to.
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { describeMachine } from './report.mjs';

const { values: flags } = parseArgs({
  options: { nodes: { type: 'string', default: '300' }, cids: { type: 'string', default: '1000' } },
});
const NODES = Number(flags.nodes);
const CIDS = Number(flags.cids);
const PER_ROW = 20;
const ROWS = [0, 1, 2, 3, 4];
const CONTACTS = 4;
/** Every node and its connections are in this process: what is not used is closed, as on a machine of its own. */
const FEW_CONNECTIONS = { connectionsHighWater: 28, connectionsLowWater: 16, connectionGraceMs: 1_000 };
const CONTENDERS = { swarmchart: './dht/swarmchart.mjs', 'js-libp2p': './dht/js-libp2p.mjs' };
if (![NODES, CIDS].every((count) => Number.isInteger(count) && count > 0) || NODES < 30 || CIDS < PER_ROW) {
  process.stderr.write('--nodes takes 30 or more, --cids 20 or more\n');
  process.exit(2);
}

const bytesOf = (text) => createHash('sha256').update(text).digest();
const drawn = (text, below) => bytesOf(text).readUInt32BE(0) % below;
const say = (text) => process.stderr.write(`${text}\n`);
const count = (number) => number.toLocaleString('en');
const sent = ({ counts }) => counts.requests + counts.answers + counts.others;

/** Dials some of those that are there, and asks them for itself, as a node does that joins. */
async function join(node, nodes, name) {
  for (let contact = 0; contact < Math.min(CONTACTS, nodes.length); contact += 1) {
    await node.connect(nodes[drawn(`${name}/${contact}`, nodes.length)].addresses[0]);
  }
  while (node.tableSize() === 0) await sleep(5);
  await node.closestPeers(Buffer.from(node.peerId));
}

const { startNode } = await import(CONTENDERS.swarmchart);
const nodes = [await startNode(FEW_CONNECTIONS)];
while (nodes.length < NODES) {
  const node = await startNode(FEW_CONNECTIONS);
  await join(node, nodes, `node ${nodes.length}`);
  nodes.push(node);
  if (nodes.length % 50 === 0) say(`${nodes.length} nodes`);
}
const tables = nodes.map((node) => node.tableSize()).sort((a, b) => a - b);

const guests = [];
for (const [label, module] of Object.entries(CONTENDERS)) {
  const node = await (await import(module)).startNode();
  await join(node, nodes, 'guest');
  const digests = Array.from({ length: CIDS }, (_, index) => bytesOf(`${label}/${index}`));
  const guest = { label, tableBefore: node.tableSize(), rows: [] };
  guests.push(guest);
  const before = sent(node);
  const toldBefore = node.counts.others;
  if (label === 'swarmchart') {
    guest.how = (await node.provideMany(digests)).how;
  } else {
    guest.how = 'a lookup each';
    for (let at = 0; at < CIDS; at += PER_ROW) {
      const begun = sent(node);
      const some = digests.slice(at, at + PER_ROW);
      await node.provideMany(some);
      if (ROWS.includes(at / PER_ROW)) {
        guest.rows.push({ from: at, each: (sent(node) - begun) / some.length, table: node.tableSize() });
      }
      if (at % 200 === 0) say(`${label}: ${at} of ${CIDS}`);
    }
  }
  guest.messages = sent(node) - before;
  guest.told = node.counts.others - toldBefore;
  guest.lookups = guest.messages - guest.told;
  guest.tableAfter = node.tableSize();
  await node.stop();
}

const date = new Date().toISOString().slice(0, 10);
const machine = describeMachine();
const [ours, theirs] = guests;
const text = [
  `# Providing as a guest of one network, ${date}, Node ${machine.node}`,
  '',
  `${NODES} DHT servers of swarmchart in one process, TCP on loopback, noise, yamux; each joined by ${CONTACTS} contacts and a lookup of`,
  `itself, keeps few connections, and has ${tables[NODES >> 1]} peers in its table (median). A node of each kind joins in the same way, one after`,
  `the other, and provides ${count(CIDS)} CIDs. A message is a request, an answer, or an ADD_PROVIDER.`,
  '',
  '| | peers in its table, before / after | messages | a CID | of them ADD_PROVIDERs | of lookups | how |',
  '|---|---|---|---|---|---|---|',
  ...guests.map(
    ({ label, tableBefore, tableAfter, messages, told, lookups, how }) =>
      `| ${label} | ${tableBefore} / ${tableAfter} | ${count(messages)} | ${(messages / CIDS).toFixed(1)} | ${count(told)} | ${count(lookups)} | ${how} |`,
  ),
  '',
  `**${(theirs.messages / ours.messages).toFixed(2)}** times fewer in all, **${(theirs.lookups / ours.lookups).toFixed(1)}** times fewer of lookups. ${theirs.label} by itself, as it gets`,
  'to know the network:',
  '',
  '| CIDs | messages a CID | peers in its table then |',
  '|---|---|---|',
  ...theirs.rows.map(({ from, each, table }) => `| ${from + 1} to ${from + PER_ROW} | ${each.toFixed(1)} | ${table} |`),
  '',
  'Every peer that a lookup asks gets into the table of js-libp2p, which takes thousands: once it knows all, a lookup asks the',
  'twenty closest and nobody else, 40 messages, and 20 ADD_PROVIDERs follow. Those 20 have to be sent by whoever provides, so that',
  '60 against 20 is the most that any sweep can save beside a node that knows the whole network. More is to be had only where',
  'lookups have something to find: in networks far larger than what a node remembers.',
].join('\n');
process.stdout.write(`${text}\n`);
mkdirSync(new URL('results/', import.meta.url), { recursive: true });
writeFileSync(new URL(`results/dht-guests-${date}.md`, import.meta.url), `${text}\n`);
process.exit(0);
