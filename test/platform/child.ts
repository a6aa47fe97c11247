/** Runs the stores in a process of their own: compiles the sources they need into a folder and starts node on a script. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transform } from '@swc/core';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Compiles what the repo stands on into `folder`, so that scripts in it can import `./src/platform/repo.js`. */
export async function compileRepo(folder: string): Promise<void> {
  const platform = (await readdir(join(root, 'src/platform'))).filter((name) => /^(?:level|repo)/.test(name));
  const files = [
    'src/errors.ts',
    'src/error-hints.ts',
    'src/limits.ts',
    ...platform.map((name) => `src/platform/${name}`),
  ];
  for (const file of files) {
    const { code } = await transform(await readFile(join(root, file), 'utf8'), {
      jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
      module: { type: 'es6' },
    });
    const target = join(folder, file.replace(/\.ts$/, '.js'));
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, code);
  }
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
}

/** A node process and the lines it has written. */
export interface Child {
  readonly process: ChildProcess;
  /** The next line of its standard output; rejects with its standard error when it ends before that. */
  line(): Promise<string>;
  /** Its exit code, or `null` when a signal ended it. */
  readonly ended: Promise<number | null>;
}

/** Starts `command` in `folder`. */
export function start(folder: string, command: string, args: readonly string[]): Child {
  const child = spawn(command, args, { cwd: folder, stdio: ['pipe', 'pipe', 'pipe'] });
  const lines: string[] = [];
  let rest = '';
  let errors = '';
  let wake: (() => void) | undefined;
  let isOver = false;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const pieces = (rest + text).split('\n');
    rest = pieces.pop() ?? '';
    lines.push(...pieces);
    wake?.();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const ended = new Promise<number | null>((resolve) => {
    child.on('close', (code) => {
      isOver = true;
      wake?.();
      resolve(code);
    });
  });
  const line = async (): Promise<string> => {
    while (lines.length === 0) {
      if (isOver) throw new Error(`the child ended before it wrote a line: ${errors}`);
      await new Promise<void>((resolve) => (wake = resolve));
    }
    return lines.shift() ?? '';
  };
  return { process: child, line, ended };
}
