/** The ladder: the steps of two nodes side by side, in the order of time, so that one sees who waited for whom. */

/** One step of a machine, on a time line that both sides share. */
export interface LadderStep {
  /** Milliseconds on the shared time line. */
  readonly timeMs: number;
  /** Address of the actor, e.g. `conn:1/noise`. */
  readonly actor: string;
  readonly machine: string;
  readonly to: string;
  readonly event: string;
}

/** How a ladder is drawn. */
export interface LadderOptions {
  readonly leftName: string;
  readonly rightName: string;
  /** Steps shown of one actor; the middle of a longer story is told as a count. Default 12. */
  readonly stepsPerActor?: number;
}

interface Row {
  readonly timeMs: number;
  readonly side: 'left' | 'right';
  readonly text: string;
}

const RULE = '│';

/** Draws both sides; every line begins with the time since the first step. */
export function formatLadder(
  left: readonly LadderStep[],
  right: readonly LadderStep[],
  options: LadderOptions,
): string[] {
  const kept = options.stepsPerActor ?? 12;
  const rows = [...rowsOf(left, 'left', kept), ...rowsOf(right, 'right', kept)].sort((a, b) => a.timeMs - b.timeMs);
  const start = rows[0]?.timeMs ?? 0;
  const width = Math.max(
    options.leftName.length,
    ...rows.filter(({ side }) => side === 'left').map(({ text }) => text.length),
  );
  const line = (time: string, leftText: string, rightText: string): string =>
    `${time.padStart(10)}  ${leftText.padEnd(width)} ${RULE} ${rightText}`.trimEnd();
  return [
    line('ms', options.leftName, options.rightName),
    `${'-'.repeat(12)}${'-'.repeat(width)}-+-${'-'.repeat(Math.max(options.rightName.length, 24))}`,
    ...rows.map(({ timeMs, side, text }) =>
      line((timeMs - start).toFixed(1), side === 'left' ? text : '', side === 'right' ? text : ''),
    ),
  ];
}

function rowsOf(steps: readonly LadderStep[], side: Row['side'], kept: number): Row[] {
  const byActor = new Map<string, number>();
  const rows: Row[] = [];
  for (const step of steps) {
    const count = (byActor.get(step.actor) ?? 0) + 1;
    byActor.set(step.actor, count);
    if (count <= kept) rows.push({ timeMs: step.timeMs, side, text: `${nameOf(step)}.${step.to}  <- ${step.event}` });
    else if (count === kept + 1) {
      const more = steps.filter(({ actor }) => actor === step.actor).length - kept;
      rows.push({ timeMs: step.timeMs, side, text: `${nameOf(step)}  ... ${more} more steps` });
    }
  }
  return rows;
}

/** The machine, with the stream's id where it belongs to one: `yamuxStream#5`. */
function nameOf(step: LadderStep): string {
  const stream = /\/(?:yamux|mplex|spdy)\/(\d+)/.exec(step.actor)?.[1];
  return stream === undefined ? step.machine : `${step.machine}#${stream}`;
}
