/** Runs the built command line as a user does: its own process, its own repo. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const program = join(root, 'dist/cli/main.js');

/** How a call ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command to its end. */
export function swarmchart(...args: readonly string[]): Promise<Ended> {
  return swarmchartWith([], ...args);
}

/** The same, with words for Node itself. */
export function swarmchartWith(nodeArgs: readonly string[], ...args: readonly string[]): Promise<Ended> {
  return ended(start(args, nodeArgs));
}

/** Starts a command that serves; resolves with its first line. */
export async function serving(...args: readonly string[]): Promise<{
  readonly firstLine: string;
  readonly process: ChildProcess;
  stop(signal?: NodeJS.Signals): Promise<Ended>;
}> {
  const child = start(args);
  const end = ended(child);
  const firstLine = await Promise.race([
    new Promise<string>((resolve) => {
      if (child.stdout !== null) createInterface({ input: child.stdout }).once('line', resolve);
    }),
    end.then(({ code, stderr }) => Promise.reject(new Error(`ended with ${code} before its first line: ${stderr}`))),
  ]);
  return {
    firstLine,
    process: child,
    stop: (signal = 'SIGINT') => {
      child.kill(signal);
      return end;
    },
  };
}

function start(args: readonly string[], nodeArgs: readonly string[] = []): ChildProcess {
  if (!existsSync(program)) throw new Error('dist/ is missing: npm run build');
  return spawn(process.execPath, [...nodeArgs, program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
}

function ended(child: ChildProcess): Promise<Ended> {
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk));
  return new Promise((resolve) => {
    child.once('close', (code) =>
      resolve({ code, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() }),
    );
  });
}
