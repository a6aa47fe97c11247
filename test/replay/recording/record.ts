/** Records fixtures: runs each recipe, replays what it gave, and keeps it when it replays. */
import { existsSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { RecordedNode } from '../../../src/replay/index.js';
import { recordedNode, replayTrace } from '../../../src/replay/index.js';
import { chunkings } from '../../../src/testing/chunkings.js';
import { parseTrace } from '../../../src/trace/reader.js';
import { ensurePeer } from '../../peers/peers.js';
import type { Recipe, Recording } from './recipe.js';
import { RECIPES } from './recipes.js';

/** A fixture is read by people too; one that is larger tells more than one thing. */
export const FIXTURE_BYTES = 64 * 1024;

/** Where the file of a fixture is. */
function fileOf({ name, packed, redacted }: Recipe): string {
  const folder = redacted ? 'redacted' : 'fixtures';
  return fileURLToPath(new URL(`../${folder}/${name}.trace.jsonl${packed ? '.gz' : ''}`, import.meta.url));
}

/** Records those that `words` choose, and tells each on standard output. Answers whether all went well. */
export async function recordFixtures(words: readonly string[]): Promise<boolean> {
  const wanted = words.filter((word) => !word.startsWith('--'));
  const recipes = RECIPES.filter(
    (recipe) =>
      (wanted.length === 0 || wanted.some((word) => recipe.name.includes(word))) &&
      (!words.includes('--missing') || !existsSync(fileOf(recipe))),
  );
  let failed = 0;
  for (const recipe of recipes) {
    const outcome = await outcomeOf(recipe);
    if (outcome.failed) failed++;
    process.stdout.write(`${recipe.name}: ${outcome.words}\n`);
  }
  return failed === 0;
}

async function outcomeOf(recipe: Recipe): Promise<{ readonly failed: boolean; readonly words: string }> {
  for (const peer of recipe.peers) {
    const readiness = await ensurePeer(peer);
    if (!readiness.ready) return { failed: false, words: `skipped: ${peer} cannot run here: ${readiness.reason}` };
  }
  try {
    const text = await recorded(recipe);
    const file = recipe.packed ? gzipSync(text, { level: 9 }) : Buffer.from(text);
    const { length } = file;
    if (length >= FIXTURE_BYTES) return { failed: true, words: `${length} bytes are more than a fixture may have` };
    writeFileSync(fileOf(recipe), file);
    return { failed: false, words: `${length} bytes, ${text.split('\n').length - 2} records` };
  } catch (thrown) {
    return {
      failed: true,
      words: `failed: ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}`,
    };
  }
}

/** The text of the trace, which replays unless it is redacted. */
async function recorded({ name, title, record, redacted }: Recipe): Promise<string> {
  const lines: string[] = [];
  const ends: (() => unknown)[] = [];
  const made: RecordedNode[] = [];
  const recording: Recording = {
    start: async (options) => {
      const to = { write: (line: string) => void lines.push(line) };
      const one = await recordedNode({
        ...options,
        to,
        ...(redacted ? { class: 'redacted' } : { class: 'replayable', seed: `fixture ${name}` }),
        title,
        // A replay makes them anew, and they would take what room there is.
        observations: false,
      });
      made.push(one);
      return one.node;
    },
    onEnd: (end) => void ends.push(end),
  };
  try {
    await record(recording);
    for (const one of made) await one.close();
  } finally {
    for (const end of ends.reverse()) await end();
  }
  const text = lines.join('');
  if (!redacted) await assertReplays(text);
  return text;
}

/** Throws where the trace does not replay, whole and in every cutting. */
export async function assertReplays(text: string): Promise<void> {
  const trace = parseTrace(text);
  for (const { name, cut } of chunkings(10)) {
    const { ok, difference } = await replayTrace(trace, name === 'whole' ? {} : { rechunk: cut });
    if (!ok) throw new Error(`it does not replay (${name}): ${difference?.report ?? ''}`);
  }
}
