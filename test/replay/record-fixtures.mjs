// Records the fixtures of test/replay again, with the engine in dist/ and the live peers of test/peers.
//
//   npm run fixtures                all that can be recorded here
//   npm run fixtures -- noise kubo  those whose name has one of the words in it
//   npm run fixtures -- --missing   those that have no file yet
import { register } from 'node:module';

register('./typescript-hooks.mjs', import.meta.url);
const { recordFixtures } = await import('./recording/record.ts');
// What a failed recording left open ends here.
process.exit((await recordFixtures(process.argv.slice(2))) ? 0 : 1);
