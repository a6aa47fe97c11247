/** `swarmchart id`: who this repo is. */
import { openRepoIdentity } from '../create-node.js';
import type { Command } from './command.js';
import { REPO_OPTION, repoFolder } from './node-options.js';
import { printJson, printLine } from './output.js';

export const idCommand: Command = {
  name: 'id',
  usage: '',
  positionals: [0, 0],
  options: { ...REPO_OPTION },
  examples: ['swarmchart id', 'swarmchart id --repo ./repo --json'],
  async run(words) {
    const repo = repoFolder(words);
    const { peerId, keyType } = await openRepoIdentity(repo);
    if (words.flag('json')) printJson({ ok: true, peerId, keyType, repo });
    else printLine(peerId);
    return 0;
  },
};
