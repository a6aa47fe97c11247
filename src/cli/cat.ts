/** `swarmchart cat`: the bytes of a file on standard output. */
import type { Command } from './command.js';
import { FETCH_OPTIONS, withProviders } from './fetching.js';
import { printNote } from './output.js';

export const catCommand: Command = {
  name: 'cat',
  usage: 'CID[/PATH]',
  positionals: [1, 1],
  options: { ...FETCH_OPTIONS },
  examples: ['swarmchart cat CID --peer MA > file', 'swarmchart cat CID/docs/readme.txt'],
  async run(words) {
    const [path = ''] = words.positionals;
    return withProviders(words, async (host, options, progress) => {
      let bytes = 0;
      for await (const chunk of host.cat(path, options)) {
        bytes += chunk.length;
        if (!process.stdout.write(chunk)) await new Promise((resolve) => process.stdout.once('drain', resolve));
      }
      progress.end();
      // Standard output belongs to the file, so what --json says goes to standard error.
      if (words.flag('json')) printNote(JSON.stringify({ ok: true, path, bytes, seconds: progress.elapsedMs / 1000 }));
      return 0;
    });
  },
};
