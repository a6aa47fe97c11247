/** An explanation as lines for a terminal. */
import type { Blame } from '../../errors.js';
import { shortAddress } from '../../trace/tools/addresses.js';
import { printable } from '../../trace/tools/describe.js';
import type { FailureExplanation } from './explanation.js';

const WHOSE: Readonly<Record<Blame, string>> = {
  remote: "the peer's",
  local: 'ours or the caller’s',
  engine: 'a bug in swarmchart',
};

/** One explanation, several lines; whatever a terminal would obey is made visible. */
export function explainText(explanation: FailureExplanation): string {
  const { code, title, blame, actor, machine, state, ended, seq, cause, offered, wanted, change, story, chain } =
    explanation;
  const rows: (readonly [string, string])[] = [
    ['why', cause],
    ['whose fault', WHOSE[blame]],
    ['who', `${shortAddress(actor)}, record #${seq}`],
  ];
  if (machine !== undefined) {
    rows.push([
      'died in',
      `${machine}, state ${state ?? 'unknown'}${ended === undefined ? '' : `, which led to ${ended}`}`,
    ]);
  }
  if (offered !== undefined) rows.push(['offered', offered.join(', ')]);
  if (wanted !== undefined) rows.push(['wanted', wanted.join(', ')]);
  for (const [index, step] of story.entries()) rows.push([index === 0 ? 'story' : '', `#${step.seq} ${step.text}`]);
  for (const [index, each] of change.entries()) rows.push([index === 0 ? 'try' : '', each]);
  rows.push(['chain', chain.map((one) => `#${one}`).join(' ')]);
  const lines = rows.map(([name, value]) => `  ${name.padEnd(12)} ${value}`.trimEnd());
  return [`${code}: ${title}`, ...lines].map(printable).join('\n');
}
