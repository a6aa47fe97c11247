/** `swarmchart get`: writes a file or a folder to the disk. */
import { createWriteStream } from 'node:fs';
import { lstat, mkdir, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { safeEntryPath } from '../dag/path.js';
import { EngineError } from '../errors.js';
import type { ContentEntry } from '../host/content.js';
import type { Command } from './command.js';
import { FETCH_OPTIONS, withProviders } from './fetching.js';
import { formatBytes, printJson, printLine, printNote } from './output.js';

/** Counts of what was written. */
interface Written {
  files: number;
  bytes: number;
}

export const getCommand: Command = {
  name: 'get',
  usage: 'CID[/PATH]',
  positionals: [1, 1],
  options: {
    output: { type: 'string', short: 'o', value: 'PATH', help: 'where to (default: the last part of the path)' },
    force: { type: 'boolean', help: 'overwrite what is there' },
    ...FETCH_OPTIONS,
  },
  examples: [
    'swarmchart get CID -o video.mp4 --peer /ip4/127.0.0.1/tcp/4001/p2p/12D3Koo...',
    'swarmchart get CID/photos -o photos --peer MA --peer MA',
  ],
  async run(words) {
    const [path = ''] = words.positionals;
    const target = resolve(words.text('output') ?? path.split('/').filter(Boolean).at(-1) ?? 'output');
    const there = await lstat(target).catch(() => undefined);
    if (there !== undefined && !words.flag('force')) {
      throw new EngineError(
        'ERR_INVALID_ARGUMENT',
        'local',
        `${target} exists: choose another --output or say --force`,
      );
    }
    return withProviders(words, async (host, options, progress) => {
      const written: Written = { files: 0, bytes: 0 };
      // Beside the target, and renamed when whole: a fetch that fails leaves nothing that looks finished.
      const partial = `${target}.partial`;
      await rm(partial, { recursive: true, force: true });
      try {
        for await (const entry of host.get(path, options)) await writeEntry(partial, entry, written);
        if (there !== undefined) await rm(target, { recursive: true });
        await rename(partial, target);
      } catch (thrown) {
        await rm(partial, { recursive: true, force: true });
        throw thrown;
      }
      progress.end();
      const seconds = progress.elapsedMs / 1000;
      if (words.flag('json')) printJson({ ok: true, path, output: target, ...written, seconds });
      else {
        printNote(
          `${written.files} files, ${formatBytes(written.bytes)} in ${seconds.toFixed(2)} s (${formatBytes(written.bytes / seconds)}/s)`,
        );
        printLine(target);
      }
      return 0;
    });
  },
};

async function writeEntry(root: string, entry: ContentEntry, written: Written): Promise<void> {
  const path =
    entry.names.length === 0
      ? root
      : join(root, safeEntryPath(entry.names, process.platform === 'win32' ? 'windows' : 'posix'));
  switch (entry.kind) {
    case 'directory':
      await mkdir(path, { recursive: true });
      return;
    case 'file':
      // `wx`: two entries never share a path, and no link that lies there is followed.
      await pipeline(Readable.from(entry.content(), { objectMode: false }), createWriteStream(path, { flags: 'wx' }));
      written.files++;
      written.bytes += entry.sizeBytes;
      return;
    case 'symlink':
      printNote(`left out ${entry.names.join('/')}: a symbolic link to ${entry.target}`);
      return;
    default:
      entry satisfies never;
  }
}
