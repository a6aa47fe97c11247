// The figures of bench/dht-guests.mjs as Markdown. What is said of them is worked out from them.
import { K } from './key-space.mjs';

/** js-libp2p 3, @libp2p/kad-dht/src/routing-table: 2^6 buckets of 20. */
const JS_MOST_PEERS = 1_280;

const count = (number) => Math.round(number).toLocaleString('en');
const percent = (share) => `${(100 * share).toFixed(1)} %`;
const mib = (bytes) => count(bytes / 2 ** 20);
const mean = (numbers) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
const ours = ({ guests }) => guests.find(({ label }) => label === 'swarmchart');
const theirs = ({ guests }) => guests.find(({ label }) => label === 'js-libp2p');

/** Markdown of one run: `networks` by size, each with its guests. */
export function guestsMarkdown({ date, machine, loadBefore, cids, networks }) {
  const lines = [
    `# Providing as a guest, ${date}, Node ${machine.node}`,
    '',
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.system}; load before: ${loadBefore}.`,
    'DHT servers of swarmchart, whole nodes on TCP, noise and yamux over loopback. Their routing tables are made and not grown:',
    'each knows up to 20 peers of each bucket, drawn by a seed from all that belong there, and it stays so, whoever comes. A node',
    `of each kind joins as a stranger by four contacts and a lookup of itself, one after the other, and provides the same ${count(cids)} CIDs.`,
    `A message is a request, an answer or an ADD_PROVIDER for that; dials, identify and pings are not${besidesOf(networks)}. Records are`,
    `looked for at all servers afterwards, those of ${count(networks[0].guests[0].reached.cids)} of the CIDs.`,
    '',
    '| servers | guest | peers in its table, before / after | connections | messages | a CID | of them ADD_PROVIDERs | of lookups | asked a CID | at the 20 closest | elsewhere | wall, s | CPU, s | how |',
    '|---|---|---|---|---|---|---|---|---|---|---|---|---|---|',
    ...networks.flatMap((network) => network.guests.map((guest) => guestRow(network.size, guest))),
  ];
  if (networks.every(({ guests }) => guests.length === 2)) lines.push('', ...comparison(networks));
  const learning = networks.filter((network) => theirs(network) !== undefined);
  if (learning.length > 0) lines.push('', ...curves(learning, cids));
  return [...lines, '', ...made(networks), ''].join('\n');
}

/** Messages of the DHT in that time that were not for providing: js-libp2p may refresh its table. */
function besidesOf(networks) {
  const besides = networks.flatMap(({ guests }) => guests).reduce((sum, guest) => sum + guest.besides, 0);
  return besides === 0 ? '' : `, nor are ${count(besides)} messages that keep tables`;
}

function guestRow(size, guest) {
  const { label, tableBefore, tableAfter, connections, messages, told, lookups, requests, cids, reached, how } = guest;
  const cells = [
    count(size),
    label,
    `${count(tableBefore)} / ${count(tableAfter)}`,
    count(connections),
    count(messages),
    (messages / cids).toFixed(1),
    count(told),
    count(lookups),
    (requests / cids).toFixed(requests < cids ? 2 : 1),
    percent(reached.held / reached.closest),
    percent(reached.elsewhere / reached.closest),
    count(guest.seconds),
    count(guest.cpuSeconds),
    how,
  ];
  return `| ${cells.join(' | ')} |`;
}

/** The one beside the other. */
function comparison(networks) {
  const rows = networks.map((network) => {
    const [us, them] = [ours(network), theirs(network)];
    const cells = [
      count(network.size),
      `**${(them.messages / us.messages).toFixed(2)}**`,
      `**${(them.lookups / us.lookups).toFixed(1)}**`,
      (them.messages / them.told).toFixed(2),
      percent(them.tableAfter / network.size),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  const largest = networks.at(-1);
  const [us, them] = [ours(largest), theirs(largest)];
  return [
    "| servers | js-libp2p's messages to ours, in all | of lookups | in all, if we looked up nothing | of the servers in its table |",
    '|---|---|---|---|---|',
    ...rows,
    '',
    `Whoever provides sends the ${K} ADD_PROVIDERs of a CID itself, so that nobody comes beyond the fourth column. js-libp2p asks`,
    `${(them.requests / them.cids).toFixed(1)} peers a CID among ${count(largest.size)} servers, swarmchart ${(us.requests / us.cids).toFixed(2)}.${bounded(largest.size)}`,
  ];
}

function bounded(size) {
  if (size <= JS_MOST_PEERS) return '';
  return ` js-libp2p's table holds ${count(JS_MOST_PEERS)} peers at the most:\nin a larger network it has to search, however many CIDs it has provided.`;
}

/** As it gets to know the network. */
function curves(networks, cids) {
  const some = Math.min(100, cids);
  return [
    `| servers | js-libp2p's messages a CID, the first 20 | the first ${some} | the last ${some} |`,
    '|---|---|---|---|',
    ...networks.map((network) => {
      const { each } = theirs(network);
      const cells = [each.slice(0, 20), each.slice(0, some), each.slice(-some)].map((part) => mean(part).toFixed(1));
      return `| ${count(network.size)} | ${cells.join(' | ')} |`;
    }),
  ];
}

/** The networks, and whether they are good. */
function made(networks) {
  return [
    '| servers | processes | their memory with a guest, MiB | peers in a table, least / median / most | made in, s | of the 20 closest found by a client |',
    '|---|---|---|---|---|---|',
    ...networks.map(({ size, tables, seconds, share, guests }) => {
      const { processes } = guests[0].servers;
      const rss = Math.max(...guests.map(({ servers }) => servers.rssBytes));
      const known = [tables[0], tables[tables.length >> 1], tables.at(-1)].join(' / ');
      return `| ${count(size)} | ${processes} | ${mib(rss)} | ${known} | ${count(seconds)} | ${percent(share)} |`;
    }),
  ];
}
