// What it costs a node of each kind to provide many CIDs in one and the same network, which it does not know. See --help.
//
// Where every node knows every other from the start (bench/dht.mjs), nobody has anything to find; here a guest has to, and
// the larger the network, the more of it.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs, promisify } from 'node:util';
import { describeMachine, load } from './report.mjs';

const LEAST_NODES = 30;
const MOST_NODES = 15_000;
const LEAST_CIDS = 20;
/** Keys of the lookups that say whether a made network is good, and the least share of the closest peers to be found. */
const CHECKS = 20;
const LEAST_SHARE = 0.99;
const HELP = `npm run bench:dht-guests -- [options]

Makes networks of DHT servers of swarmchart, lets a node of swarmchart and one of js-libp2p join each as strangers, one after
the other, and counts the messages that each of them needs to provide the same number of CIDs. Writes
bench/results/dht-guests-DATE.md. Takes some ten minutes on a quiet machine.

  --nodes N,N,…  sizes of the networks, ${LEAST_NODES} to ${MOST_NODES} (default: 300,1000,3000)
  --cids N       CIDs that each guest provides, ${LEAST_CIDS} or more (default: 1000)
  --only A       swarmchart or js-libp2p alone; nothing is written to bench/results
  --json         results as JSON on standard output; nothing is written to bench/results
  --help         this

10,000 servers and a guest take 8 GiB, 11,000 open files, and half an hour.
`;

const say = (text) => process.stderr.write(`${text}\n`);
const flags = flagsOf(process.argv.slice(2));
if (flags.help) {
  process.stdout.write(HELP);
  process.exit(0);
}
const sizes = flags.nodes.split(',').map(Number);
const cids = Number(flags.cids);
const labels = ['swarmchart', 'js-libp2p'].filter((label) => flags.only === undefined || label === flags.only);
const within = (number, least, most) => Number.isInteger(number) && number >= least && number <= most;
if (!sizes.every((size) => within(size, LEAST_NODES, MOST_NODES))) {
  refuse(`--nodes takes sizes of ${LEAST_NODES} to ${MOST_NODES}, got ${flags.nodes}`);
}
if (!within(cids, LEAST_CIDS, Infinity)) refuse(`--cids takes ${LEAST_CIDS} or more, got ${flags.cids}`);
if (labels.length === 0) refuse(`--only takes swarmchart or js-libp2p, got ${flags.only}`);
if (!existsSync(new URL('../dist/index.js', import.meta.url))) refuse('dist/ is missing: npm run build');

const { GUESTS, lookupShare, measureGuest } = await import('./dht/guest.mjs');
const { guestsMarkdown } = await import('./dht/guests-report.mjs');
const { filesFor, MadeNetwork } = await import('./dht/made-network.mjs');
const files = process.report.getReport().userLimits.open_files.hard;
const needed = filesFor(Math.max(...sizes));
if (Number(files) < needed) refuse(`${needed} open files are needed, ulimit -n allows ${files}`);

const loadBefore = load();
if (labels.includes('js-libp2p')) {
  say('getting js-libp2p ready');
  const installer = new URL('../test/peers/install.mjs', import.meta.url).pathname;
  await promisify(execFile)(process.execPath, [installer, 'js-kad']);
}
const networks = [];
for (const size of sizes) networks.push(await measured(size));

const date = new Date().toISOString().slice(0, 10);
const outcome = { date, machine: describeMachine(), loadBefore, cids, networks };
const text = guestsMarkdown(outcome);
process.stdout.write(flags.json ? `${JSON.stringify(outcome, null, 2)}\n` : text);
if (!flags.json && labels.length === GUESTS.length) {
  mkdirSync(new URL('results/', import.meta.url), { recursive: true });
  writeFileSync(new URL(`results/dht-guests-${date}.md`, import.meta.url), text);
}
process.exit(0);

/** One network, from its making to its end. */
async function measured(size) {
  const begun = performance.now();
  const network = await MadeNetwork.start(size, say);
  const seconds = (performance.now() - begun) / 1e3;
  try {
    return { size, tables: network.tables, seconds, ...(await network.whileUp(judgedAndUsed(network, size))) };
  } finally {
    await network.stop();
  }
}

/** Whether it is good, and what each guest needed there. */
async function judgedAndUsed(network, size) {
  const share = await lookupShare(network, CHECKS);
  say(`${size} servers: lookups find ${(100 * share).toFixed(1)} % of the closest peers`);
  if (share < LEAST_SHARE) throw new Error(`the network is not good: ${share} of the closest peers are found`);
  const guests = [];
  for (const label of labels) {
    const guest = await measureGuest(label, network, cids, say);
    say(`${size} servers, ${label}: ${guest.messages} messages in ${guest.seconds.toFixed(0)} s`);
    guests.push(guest);
  }
  return { share, guests };
}

function flagsOf(args) {
  try {
    const text = (value) => ({ type: 'string', ...(value === undefined ? {} : { default: value }) });
    const flag = { type: 'boolean', default: false };
    const options = { nodes: text('300,1000,3000'), cids: text('1000'), only: text(), json: flag, help: flag };
    return parseArgs({ args, options }).values;
  } catch (error) {
    return refuse(error.message);
  }
}

function refuse(why) {
  process.stderr.write(`${why}\n\n${HELP}`);
  process.exit(2);
}
