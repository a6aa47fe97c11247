/**
 * Writes today's machines into the headers of fixtures that replay with them: a chart that changed elsewhere made no
 * difference to what they hold, so that recording them again would change nothing but their bytes.
 */
import { readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { readTraceText } from '../../../src/platform/trace-file.js';
import { machineHashes } from '../../../src/trace/machine-hash.js';
import { assertReplays } from './record.js';

const FOLDER = fileURLToPath(new URL('../fixtures/', import.meta.url));

/** Restamps those that `words` choose, and tells of each that does not replay. Answers whether all do. */
export async function restampFixtures(words: readonly string[]): Promise<boolean> {
  const wanted = words.filter((word) => !word.startsWith('--'));
  const files = readdirSync(FOLDER).filter((file) => wanted.length === 0 || wanted.some((word) => file.includes(word)));
  let failed = 0;
  for (const file of files.sort()) {
    const text = await readTraceText(`${FOLDER}${file}`);
    const end = text.indexOf('\n');
    const header = JSON.parse(text.slice(0, end)) as { engine: { machines: Readonly<Record<string, string>> } };
    header.engine.machines = machineHashes();
    const restamped = JSON.stringify(header) + text.slice(end);
    try {
      await assertReplays(restamped);
      writeFileSync(`${FOLDER}${file}`, file.endsWith('.gz') ? gzipSync(restamped, { level: 9 }) : restamped);
    } catch (thrown) {
      failed++;
      process.stdout.write(`${file}: ${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
    }
  }
  process.stdout.write(`${files.length - failed} of ${files.length} replay with the machines of today\n`);
  return failed === 0;
}
