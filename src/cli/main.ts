#!/usr/bin/env node
/** The command line: finds the command, reads its words, runs it, and turns a failure into a report and an exit code. */
import { readFileSync } from 'node:fs';
import { addCommand } from './add.js';
import { catCommand } from './cat.js';
import { helpOf, readWords, type Command } from './command.js';
import { daemonCommand } from './daemon.js';
import { demoCommand } from './demo.js';
import { dialCommand } from './dial.js';
import { getCommand } from './get.js';
import { idCommand } from './id.js';
import { listenCommand } from './listen.js';
import { printFailure, printLine, printNote } from './output.js';
import { pingCommand } from './ping.js';
import { provideCommand } from './provide.js';

const COMMANDS: readonly Command[] = [
  daemonCommand,
  addCommand,
  getCommand,
  catCommand,
  dialCommand,
  pingCommand,
  idCommand,
  listenCommand,
  demoCommand,
  provideCommand,
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
  const command = COMMANDS.find((candidate) => candidate.name === name);
  if (command === undefined) {
    printNote(`swarmchart: there is no command "${name}"; see swarmchart --help`);
    return 2;
  }
  const json = rest.includes('--json');
  try {
    const words = readWords(command, rest);
    if (words.flag('help')) {
      printLine(helpOf(command));
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
