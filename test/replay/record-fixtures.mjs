// Records the fixtures of test/replay again, with the engine in dist/ and the live peers of test/peers.
//
//   npm run fixtures                all that can be recorded here
//   npm run fixtures -- noise kubo  those whose name has one of the words in it
//   npm run fixtures -- --missing   those that have no file yet
//   npm run fixtures -- --restamp   none: those that replay get the machines of today into their headers
import { register } from 'node:module';

register('./typescript-hooks.mjs', import.meta.url);
const words = process.argv.slice(2);
const unknown = words.find((word) => word.startsWith('-') && !['--missing', '--restamp'].includes(word));
if (unknown !== undefined) {
  process.stderr.write(
    `${unknown === '--help' ? 'usage' : `${unknown} is not known`}: npm run fixtures -- [--missing | --restamp | WORD ...]\n`,
  );
  process.exit(unknown === '--help' ? 0 : 2);
}
const { recordFixtures } = await import('./recording/record.ts');
const { restampFixtures } = await import('./recording/restamp.ts');
// What a failed recording left open ends here.
process.exit((await (words.includes('--restamp') ? restampFixtures : recordFixtures)(words)) ? 0 : 1);
