// Fuzzes the codecs and handlers in dist/ for as long as it is told.
//
//   npm run fuzz                              a minute, a new seed
//   npm run fuzz -- --seconds 600 --seed 7    ten minutes, a known one
//   npm run fuzz -- --only yamux              targets with that in their name
//   npm run fuzz -- --only '...' --seed ... --path ...    the very input that failed; a failure prints its own line
//   npm run fuzz -- --input-seconds 10        what one input may take, or it has failed; a minute where not told
//   npm run fuzz -- --json                    the result as one line of JSON
import { register } from 'node:module';

register('./hooks.mjs', import.meta.url);
const { fuzz } = await import('./command-line.ts');
process.exit(await fuzz(process.argv.slice(2)));
