/**
 * `swarmchart demo`: the main job on real input. A provider and a fetcher, two processes on loopback with Level stores
 * in a temporary folder; a real file goes through multistream, secio, multistream, yamux and bitswap, then once more
 * with noise; the states of both sides are printed side by side.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import type { SecurityName } from '../chain-protocols.js';
import { createNode } from '../create-node.js';
import { EngineError } from '../errors.js';
import { formatLadder, type LadderStep } from '../report/ladder.js';
import type { Command, Words } from './command.js';
import { offerInspector, writeDemoTrace, type RecordedSide } from './demo-trace.js';
import { PEER_OPTION } from './node-options.js';
import { wallTimeMs } from './provide.js';
import { formatBytes, printJson, printLine, printNote, ProgressLine } from './output.js';

/** What one fetch was. */
interface Round {
  readonly security: string;
  readonly muxer: string;
  readonly cid: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly seconds: number;
}

interface Provider {
  readonly addresses: readonly string[];
  readonly cid: string;
  readonly steps: LadderStep[];
  readonly recorded: RecordedSide;
  stop(): Promise<void>;
}

/** How long the provider may take to import and listen. */
const PROVIDER_START_MS = 60_000;

export const demoCommand: Command = {
  name: 'demo',
  usage: '',
  positionals: [0, 0],
  options: {
    ...PEER_OPTION,
    cid: { type: 'string', value: 'CID', help: 'fetch this from --peer instead of from a provider of our own' },
    file: { type: 'string', value: 'PATH', help: 'the file to provide (default: the Node.js program itself)' },
    inspect: {
      type: 'string',
      value: 'PORT',
      optional: true,
      help: "serve the inspector's page of what happened at the end, as it is done in a terminal",
    },
  },
  examples: ['swarmchart demo', 'swarmchart demo --file ./video.mp4', 'swarmchart demo --peer MA --cid CID'],
  async run(words) {
    const folder = await mkdtemp(join(tmpdir(), 'swarmchart-demo-'));
    let trace: string;
    try {
      const title = words.text('cid') === undefined ? 'demo: a file over secio, then over noise' : 'demo: a fetch';
      const sides =
        words.text('cid') === undefined ? await fetchFromOurselves(words, folder) : await fetchFromPeer(words, folder);
      trace = await writeDemoTrace(title, sides);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
    return offerInspector(trace, words);
  },
};

async function fetchFromOurselves(words: Words, folder: string): Promise<readonly RecordedSide[]> {
  const json = words.flag('json');
  const file = words.text('file') ?? process.execPath;
  const { size } = await stat(file);
  const expected = await sha256OfFile(file);
  if (!json) printLine(`A provider adds ${file} (${formatBytes(size)}) to a Level store and listens.`);
  const provider = await startProvider(folder, file);
  const sides: RecordedSide[] = [];
  try {
    for (const [index, security] of (['secio', 'noise'] as const).entries()) {
      provider.steps.length = 0;
      const steps: LadderStep[] = [];
      const address = provider.addresses[0] ?? '';
      if (!json) printLine(`\nA fetcher dials ${address} with ${security} and fetches ${provider.cid}.\n`);
      const side = sideIn(folder, `fetcher-${security}`);
      sides.push(side);
      const repo = join(folder, `fetcher-${index}`);
      const round = await fetchOnce(repo, address, provider.cid, security, steps, !json, side);
      const same = round.sha256 === expected;
      if (json) printJson({ ok: same, ...round, fetcher: steps, provider: provider.steps });
      else {
        for (const line of formatLadder(steps, provider.steps, { leftName: 'fetcher', rightName: 'provider' }))
          printLine(line);
        printLine('');
        printRound(round);
      }
      if (!same)
        throw new EngineError(
          'ERR_BLOCK_MISMATCH',
          'engine',
          `the bytes differ: ${round.sha256}, expected ${expected}`,
        );
      if (!json) printLine(`the same bytes as the file: SHA-256 ${expected}`);
    }
  } finally {
    await provider.stop();
  }
  if (!json) printNext();
  return [...sides, provider.recorded];
}

/** A side that this process records. */
function sideIn(folder: string, name: string): RecordedSide {
  return { name, path: join(folder, `${name}.trace.jsonl`), originMs: performance.timeOrigin };
}

async function fetchFromPeer(words: Words, folder: string): Promise<readonly RecordedSide[]> {
  const [peer] = words.list('peer');
  if (peer === undefined)
    throw new EngineError('ERR_INVALID_ARGUMENT', 'local', '--cid needs a --peer to fetch it from');
  const steps: LadderStep[] = [];
  const side = sideIn(folder, 'fetcher');
  const round = await fetchOnce(
    join(folder, 'fetcher-repo'),
    peer,
    words.text('cid') ?? '',
    'noise',
    steps,
    !words.flag('json'),
    side,
  );
  if (words.flag('json')) printJson({ ok: true, ...round, fetcher: steps });
  else {
    for (const line of formatLadder(steps, [], { leftName: 'fetcher', rightName: 'the peer (not seen into)' }))
      printLine(line);
    printLine('');
    printRound(round);
  }
  return [side];
}

/** Fetches every block to a store of its own, reads the file back from it, and hashes what it reads. */
async function fetchOnce(
  repo: string,
  address: string,
  cid: string,
  security: SecurityName,
  steps: LadderStep[],
  showProgress: boolean,
  side: RecordedSide,
): Promise<Round> {
  const node = await createNode({ repo, listen: [], security: security === 'noise' ? ['noise', 'secio'] : [security] });
  const watching = node.transitions$.subscribe(({ actor, machine, to, event, timeMs }) =>
    steps.push({ timeMs: wallTimeMs(timeMs), actor, machine, to, event }),
  );
  node.record(side.path, { title: side.name });
  const progress = new ProgressLine('fetching', showProgress);
  try {
    const connection = await node.dial(address);
    const hash = createHash('sha256');
    let bytes = 0;
    for await (const chunk of node.cat(cid)) {
      hash.update(chunk);
      bytes += chunk.length;
      progress.update(bytes, undefined, `from ${node.connections().length} peer`);
    }
    return {
      security: connection.security ?? '',
      muxer: connection.muxer ?? '',
      cid,
      bytes,
      sha256: hash.digest('hex'),
      seconds: progress.elapsedMs / 1000,
    };
  } finally {
    progress.end();
    watching.unsubscribe();
    await node.stop();
  }
}

/** Starts the provider as a process of its own; it ends when its standard input does. */
function startProvider(folder: string, file: string): Promise<Provider> {
  const program = process.argv[1] ?? '';
  const path = join(folder, 'provider.trace.jsonl');
  const args = ['provide', file, '--repo', join(folder, 'provider'), '--record', path];
  const child = spawn(process.execPath, [program, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const steps: LadderStep[] = [];
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => {
      child.kill();
      reject(new EngineError('ERR_DIAL_TIMEOUT', 'local', `the provider did not start within ${PROVIDER_START_MS} ms`));
    }, PROVIDER_START_MS);
    child.once('exit', (code) => {
      clearTimeout(late);
      reject(new EngineError('ERR_NODE_STOPPED', 'local', `the provider ended with ${code ?? 'a signal'}`));
    });
    createInterface({ input: child.stdout }).on('line', (line) => {
      const said = JSON.parse(line) as
        | {
            readonly event: 'listening';
            readonly addresses: readonly string[];
            readonly cid: string;
            readonly originMs: number;
          }
        | { readonly event: 'step'; readonly step: LadderStep };
      if (said.event === 'step') {
        steps.push(said.step);
        return;
      }
      clearTimeout(late);
      resolve({
        addresses: said.addresses,
        cid: said.cid,
        steps,
        recorded: { name: 'provider', path, originMs: said.originMs },
        stop: () => {
          child.stdin.end();
          return gone;
        },
      });
    });
  });
}

function printRound(round: Round): void {
  const rate = formatBytes(round.bytes / round.seconds);
  printLine(
    `${formatBytes(round.bytes)} in ${round.seconds.toFixed(2)} s (${rate}/s) over ${round.security} and ${round.muxer}`,
  );
}

function printNext(): void {
  printLine(`
What to try next
  npx swarmchart daemon --repo ./repo                a node that serves, its address on the first line
  npx swarmchart add README.md --repo ./repo         put a file in it (while no daemon holds the repo)
  npx swarmchart get CID --peer ADDRESS              fetch from any peer: this one, helia, Kubo
  npx swarmchart dial ADDRESS --security secio       every state of a handshake, or where it died
  npm start -- --peer ADDRESS --cid CID              this demo against a peer of yours`);
  if (process.stdout.isTTY) printNote('');
}

async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
