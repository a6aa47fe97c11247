/** `swarmchart add`: puts a file or a folder in the repo. */
import { createReadStream } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { IMPORT_PROFILES } from '../dag/importer.js';
import { EngineError } from '../errors.js';
import type { AddOptions, TreeEntry } from '../host/content.js';
import type { Command, Words } from './command.js';
import { readConfig } from './config.js';
import { REPO_OPTION, repoFolder, startNode } from './node-options.js';
import { formatBytes, printJson, printLine, printNote, ProgressLine } from './output.js';

export const addCommand: Command = {
  name: 'add',
  usage: 'PATH',
  positionals: [1, 1],
  options: {
    ...REPO_OPTION,
    profile: {
      type: 'string',
      value: 'NAME',
      help: `${Object.keys(IMPORT_PROFILES).join(', ')} (default: as helia; unixfs-v0-2015: as Kubo)`,
    },
    'chunk-bytes': { type: 'string', value: 'N', help: 'bytes of a chunk, 1 to 2097152' },
    'cid-version': { type: 'string', value: 'N', help: '0 or 1' },
    hidden: { type: 'boolean', help: 'also take files whose name begins with a dot' },
  },
  examples: [
    'swarmchart add ./video.mp4',
    'swarmchart add ./folder --repo ./repo',
    'swarmchart add FILE --profile unixfs-v0-2015',
  ],
  async run(words) {
    const path = resolve(words.positionals[0] ?? '');
    const json = words.flag('json');
    const stats = await lstat(path).catch((cause: unknown) => {
      throw new EngineError('ERR_INVALID_ARGUMENT', 'local', `cannot read ${path}`, { cause });
    });
    // It asks nobody: what is to be provided is noted in the repo, for a daemon that takes part in a DHT. Which of it that is
    // stands in the daemon's configuration.
    const repo = repoFolder(words);
    const { routing: { provide = 'roots' } = {} } = await readConfig(repo, undefined);
    const routing = { dht: { mode: 'client' }, lanDht: { mode: 'client' }, bootstrapAt: 'need', provide } as const;
    const node = await startNode({ repo, listen: [], routing });
    const progress = new ProgressLine('adding', !json);
    try {
      const options: AddOptions = {
        ...importOptions(words),
        onProgress: ({ bytes }) => progress.update(bytes, stats.isFile() ? stats.size : undefined),
      };
      const added = stats.isDirectory()
        ? await node.addTree(entriesOf(path, words.flag('hidden')), options)
        : await node.add(createReadStream(path), options);
      progress.end();
      const cid = added.cid.toString();
      const seconds = progress.elapsedMs / 1000;
      if (json) printJson({ ok: true, cid, path, bytes: added.sizeBytes, seconds });
      else {
        printNote(`added ${basename(path)}: ${formatBytes(added.sizeBytes)} in ${seconds.toFixed(2)} s`);
        printLine(cid);
      }
      return 0;
    } finally {
      progress.end();
      await node.stop();
    }
  },
};

function importOptions(words: Words): AddOptions {
  const name = words.text('profile') ?? 'default';
  const names = Object.keys(IMPORT_PROFILES) as (keyof typeof IMPORT_PROFILES)[];
  const profile = names.find((known) => known === name);
  if (profile === undefined) {
    throw new EngineError('ERR_INVALID_ARGUMENT', 'local', `--profile takes ${names.join(', ')}, got "${name}"`);
  }
  const chunkBytes = words.number('chunk-bytes', 0, 1, 2_097_152);
  const cidVersion = words.number('cid-version', -1, 0, 1);
  return {
    profile,
    ...(chunkBytes === 0 ? {} : { chunkBytes }),
    ...(cidVersion === 0 || cidVersion === 1 ? { cidVersion } : {}),
  };
}

/** Everything below a folder, in the order of names, so that the same folder gives the same CID. */
async function* entriesOf(folder: string, hidden: boolean, names: readonly string[] = []): AsyncGenerator<TreeEntry> {
  const entries = (await readdir(join(folder, ...names), { withFileTypes: true })).sort((left, right) =>
    left.name < right.name ? -1 : 1,
  );
  for (const entry of entries) {
    if (!hidden && entry.name.startsWith('.')) continue;
    const inside = [...names, entry.name];
    const path = inside.join('/');
    if (entry.isDirectory()) {
      yield { path };
      yield* entriesOf(folder, hidden, inside);
    } else if (entry.isFile()) {
      yield { path, content: createReadStream(join(folder, ...inside)) };
    } else if (entry.isSymbolicLink()) {
      yield { path, target: await readlink(join(folder, ...inside)) };
    } else printNote(`left out ${path}: neither a file nor a folder`);
  }
}
