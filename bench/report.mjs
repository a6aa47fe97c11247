// Figures into a table: medians with their range, ratios with their aims.
import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os';

/** Where it ran; no name of it. */
export function describeMachine() {
  const all = cpus();
  return {
    cpu: all[0]?.model.trim() ?? 'unknown',
    cores: all.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${release().split(/[-+]/)[0]} ${arch()}`,
    node: process.version,
  };
}

/** What the machine was busy with, in processes: mean of the last minute. Ours are two at a time. */
export const load = () => Number(loadavg()[0].toFixed(1));

/** `{ median, min, max }` of a list that is not empty. */
export function summary(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const median = (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2;
  return { median, min: sorted[0], max: sorted.at(-1) };
}

/** Ratios of ours to each that is compared with, pair of neighbouring rounds by pair: a slow minute hits both. */
export function ratios({ columns, contenders }) {
  const [ours, ...others] = contenders;
  return columns.flatMap(({ name, aim, better }) =>
    others
      .filter(({ isLimit, label }) => !isLimit && !label.startsWith(ours.label))
      .map((theirs) => {
        const pairs = ours.rounds.map((round, index) => {
          const ratio = round[name] / theirs.rounds[index][name];
          return better === 'more' ? ratio : 1 / ratio;
        });
        const cpu = ours.cpuSeconds.map((seconds, index) => theirs.cpuSeconds[index] / seconds);
        const ratio = summary(pairs);
        return {
          column: name,
          against: theirs.label,
          better,
          ...ratio,
          aim,
          met: aim === undefined || ratio.median >= aim,
          cpu: summary(cpu).median,
        };
      }),
  );
}

/** Figures of ours against a limit of the machine, or against a figure that was set. */
export function absolutes({ limits = [], atMost = [], contenders }) {
  const roundsOf = (label) => contenders.find((contender) => contender.label === label).rounds;
  return [
    ...limits.map(({ column, ours, limit, aim }) => {
      const share = summary(roundsOf(ours).map((round, index) => round[column] / roundsOf(limit)[index][column]));
      return { what: `${column} of ${ours}, of "${limit}"`, ...share, aim, met: share.median >= aim };
    }),
    ...atMost.map(({ column, ours, aim }) => {
      const value = summary(roundsOf(ours).map((round) => round[column]));
      return { what: `${column} of ${ours}, at most`, ...value, aim, met: value.median <= aim };
    }),
  ];
}

const figure = (value) => {
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
};
const range = ({ median, min, max }) => `**${figure(median)}** [${figure(min)} - ${figure(max)}]`;

/** The results as Markdown. */
export function markdown({ date, machine, rows }) {
  const lines = [
    `# Bench, ${date}, Node ${machine.node}`,
    '',
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.system}. Server and client are two`,
    'processes on loopback; the contenders take turns, after rounds that do not count. Figures are medians',
    '[least - most]; a ratio is the median of the ratios of neighbouring rounds, above 1 where swarmchart is better.',
    'CPU is what both processes used in a round, and its ratio theirs to ours. Why an aim is not met: [profiles.md](profiles.md).',
    '',
  ];
  for (const [name, row] of Object.entries(rows)) {
    const when = `${row.rounds} rounds; load of the machine before: ${row.loadBefore} (the bench alone: up to 2)`;
    lines.push(`## ${name}`, '', `${row.title}. ${when}.`, '');
    const heads = [...row.columns.map((column) => `${column.name}, ${column.unit}`), 'CPU, s'];
    lines.push(`| | ${heads.join(' | ')} |`, `|---${'|---'.repeat(heads.length)}|`);
    for (const contender of row.contenders) {
      const cells = row.columns.map((column) => {
        const values = contender.rounds.map((round) => round[column.name]).filter((value) => value !== undefined);
        return values.length === 0 ? '' : range(summary(values));
      });
      const cpu = summary(contender.cpuSeconds).median;
      lines.push(`| ${contender.label} | ${cells.join(' | ')} | ${figure(cpu)} |`);
    }
    lines.push('');
    for (const ratio of ratios(row)) {
      const aim = ratio.aim === undefined ? '' : `; aim ${ratio.aim}: ${ratio.met ? 'met' : 'not met'}`;
      lines.push(`- ${ratio.column}, against ${ratio.against}: ${range(ratio)}${aim}. CPU ${figure(ratio.cpu)}.`);
    }
    for (const one of absolutes(row)) {
      lines.push(`- ${one.what}: ${range(one)}; aim ${one.aim}: ${one.met ? 'met' : 'not met'}.`);
    }
    lines.push('');
  }
  return `${lines.join('\n').trimEnd()}\n`;
}
