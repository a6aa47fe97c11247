#!/usr/bin/env node
/** The command line: finds the command, reads its words, runs it, and turns a failure into a report and an exit code. */
import { readFileSync } from 'node:fs';
import { helpOf, readWords, type Command } from './command.js';
import { printFailure, printLine, printNote } from './output.js';

/** Each command is loaded when it is called, so that `--help` answers at once. */
const COMMANDS: readonly { readonly name: string; readonly summary: string; load(): Promise<Command> }[] = [
  {
    name: 'daemon',
    summary: 'run a node that serves its blocks until interrupted; its addresses are the first lines',
    load: async () => (await import('./daemon.js')).daemonCommand,
  },
  {
    name: 'add',
    summary: 'add a file or a folder to the repo; the last line is the root CID',
    load: async () => (await import('./add.js')).addCommand,
  },
  {
    name: 'get',
    summary: 'write a file or a folder to the disk, fetching what the repo lacks',
    load: async () => (await import('./get.js')).getCommand,
  },
  {
    name: 'cat',
    summary: 'write the bytes of a file to standard output, fetching what the repo lacks',
    load: async () => (await import('./cat.js')).catCommand,
  },
  {
    name: 'dial',
    summary: 'connect to a peer; print the states with times, what was agreed, and what identify says',
    load: async () => (await import('./dial.js')).dialCommand,
  },
  {
    name: 'ping',
    summary: 'measure round-trip times to a peer over /ipfs/ping/1.0.0',
    load: async () => (await import('./ping.js')).pingCommand,
  },
  {
    name: 'dht',
    summary: 'find peers, providers and values in the DHT, or store them; each query is shown as it runs',
    load: async () => (await import('./dht.js')).dhtCommand,
  },
  {
    name: 'name',
    summary: 'publish content under the name of the repo (IPNS), and say where names lead',
    load: async () => (await import('./routing-nodes.js')).nameOnNodes,
  },
  {
    name: 'routing',
    summary: 'serve what the routers find over HTTP (Delegated Routing V1)',
    load: async () => (await import('./routing-nodes.js')).routingOnNodes,
  },
  {
    name: 'id',
    summary: 'print the peer id of the repo; a new repo gets an Ed25519 key',
    load: async () => (await import('./id.js')).idCommand,
  },
  {
    name: 'peers',
    summary: 'list the peers that a running daemon is connected with',
    load: async () => (await import('./peers.js')).peersCommand,
  },
  {
    name: 'conns',
    summary: 'list the open connections of a running daemon',
    load: async () => (await import('./conns.js')).connsCommand,
  },
  {
    name: 'stats',
    summary: 'print what a running daemon counts: connections, bytes, outcomes by error code',
    load: async () => (await import('./stats.js')).statsCommand,
  },
  {
    name: 'listen',
    summary: 'run a peer to test against: /echo/1.0.0, /perf/1.0.0, identify and ping, with a fresh identity',
    load: async () => (await import('./listen.js')).listenCommand,
  },
  {
    name: 'coverage',
    summary: 'tell which states, edges and guards of the machines traces cover',
    load: async () => (await import('./coverage.js')).coverageCommand,
  },
  {
    name: 'diagram',
    summary: 'draw the machines, or what a trace or a coverage report shows of them; check the kept drawings',
    load: async () => (await import('./diagram.js')).diagramCommand,
  },
  {
    name: 'record',
    summary: 'run a command and record its node: everything that came in, went out and happened between',
    load: async () => (await import('./record.js')).recordCommand,
  },
  {
    name: 'replay',
    summary: 'run a recorded node again, offline, and say where it goes another way',
    load: async () => (await import('./replay.js')).replayCommand,
  },
  {
    name: 'trace',
    summary: 'read a trace: show it, follow causes, cut out a connection, export it to Wireshark or qlog',
    load: async () => (await import('./trace.js')).traceCommand,
  },
  {
    name: 'inspect',
    summary: 'look at a trace in the browser, offline: machines, frames, peers and time, on a page of this machine',
    load: async () => (await import('./inspect.js')).inspectCommand,
  },
  {
    name: 'demo',
    summary: 'fetch a real file between two processes and print the states of both sides (what npm start runs)',
    load: async () => (await import('./demo.js')).demoCommand,
  },
  {
    name: 'provide',
    summary: 'serve one file until standard input ends, telling every step as JSON (the other side of the demo)',
    load: async () => (await import('./provide.js')).provideCommand,
  },
  {
    name: 'simulate',
    summary: 'run a whole network under faults in virtual time, from a seed; sweep seeds, shrink what fails',
    load: async () => (await import('./simulate.js')).simulateCommand,
  },
];

function overview(): string {
  const width = Math.max(...COMMANDS.map(({ name }) => name.length)) + 2;
  return [
    'swarmchart: a protocol engine for libp2p and IPFS whose every state can be seen',
    '',
    'Usage',
    '  swarmchart COMMAND [options]',
    '',
    'Commands',
    ...COMMANDS.map(({ name, summary }) => `  ${name.padEnd(width)}${summary}`),
    '',
    '  swarmchart COMMAND --help    the options and examples of a command',
    '  swarmchart --version         the version',
    '',
  ].join('\n');
}

function version(): string {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return manifest.version;
}

async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    printLine(overview());
    return name === undefined ? 2 : 0;
  }
  if (name === '--version') {
    printLine(version());
    return 0;
  }
  const known = COMMANDS.find((candidate) => candidate.name === name);
  if (known === undefined) {
    printNote(`swarmchart: there is no command "${name}"; see swarmchart --help`);
    return 2;
  }
  const json = rest.includes('--json');
  try {
    const command = await known.load();
    const words = readWords(command, rest);
    if (words.flag('help')) {
      printLine(helpOf(command, known.summary));
      return 0;
    }
    return await command.run(words);
  } catch (thrown) {
    printFailure(thrown, json);
    return (thrown as { code?: string }).code === 'ERR_INVALID_ARGUMENT' ? 2 : 1;
  }
}

// A reader that goes away (`| head`) is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (thrown: unknown) => {
    printFailure(thrown, process.argv.includes('--json'));
    process.exitCode = 1;
  },
);
