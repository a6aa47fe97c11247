// Figures of the bench of the DHT into a table.

const TITLES = {
  closest: 'the 20 closest peers of a random key',
  provide: 'provide one CID: lookup and ADD_PROVIDERs',
  find: 'the first provider of a CID, asked by one that holds no record',
  put: 'put a value: lookup and PUT_VALUEs',
  get: 'the first value of a key, asked by one that holds no record',
};

const sorted = (values) => [...values].sort((a, b) => a - b);
const at = (values, share) => sorted(values)[Math.min(values.length - 1, Math.floor(share * values.length))];
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** What the rounds of a row come to. */
function figuresOf(rounds) {
  const times = rounds.flatMap((round) => round.times);
  return {
    p50: at(times, 0.5),
    p99: at(times, 0.99),
    cpu: mean(rounds.map((round) => round.cpuMillis)),
    messages: mean(rounds.map((round) => round.messages)),
  };
}

/** Messages for as many keys as the bench asks after: those sampled, reckoned. */
const messagesOf = ({ keys }, count) => (keys.messages * count) / keys.count;

/** `{ what, ratio, aim, met }`: how many times better ours is. */
export function dhtRatios({ contenders: [ours, theirs], keys }) {
  const rows = Object.keys(ours.rows).flatMap((row) => {
    const [mine, other] = [figuresOf(ours.rows[row]), figuresOf(theirs.rows[row])];
    return [
      { what: `${row}: p50`, ratio: other.p50 / mine.p50, aim: row === 'closest' ? 3 : undefined },
      { what: `${row}: CPU`, ratio: other.cpu / mine.cpu, aim: undefined },
      { what: `${row}: messages`, ratio: other.messages / mine.messages, aim: undefined },
    ];
  });
  const memory = ['heap', 'rss'].map((kind) => ({
    what: `memory of a node: ${kind === 'heap' ? 'heap and buffers' : 'RSS'}`,
    ratio: theirs.memory[kind] / ours.memory[kind],
    aim: kind === 'heap' ? 2 : undefined,
  }));
  const many = {
    what: `messages for ${keys.toLocaleString('en')} CIDs`,
    ratio: messagesOf(theirs, keys) / messagesOf(ours, keys),
    aim: 5,
  };
  return [...rows, ...memory, many].map((one) => ({
    ...one,
    ...(one.aim === undefined ? {} : { met: one.ratio >= one.aim }),
  }));
}

const figure = (value) => {
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
};

/** The results as Markdown. */
export function dhtMarkdown({ date, machine, loadBefore, nodes, rounds, keys, contenders, ratios }) {
  const lines = [
    `# Bench of the DHT, ${date}, Node ${machine.node}`,
    '',
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.system}; load before: ${loadBefore} (the bench`,
    `alone: 1). ${loadBefore > 1.5 ? 'The machine was busy with other work: absolute' : 'Absolute'} times are those of that hour, ratios are what counts.`,
    '',
    `Two networks of ${nodes} DHT servers, each network in one process: TCP on loopback, noise, yamux, every node connected with`,
    `every other. The networks take turns, ${rounds} rounds after one that does not count. Work is done one after another, each from`,
    'a node drawn from a seed that both have. CPU is of the whole network, both ends of every message, so that it moves less',
    'than times do. A message is a request, an answer, or an ADD_PROVIDER; answers of PUT_VALUE count. A ratio above 1 is',
    'where swarmchart is better.',
    '',
    '| | | p50, ms | p99, ms | CPU, ms | messages |',
    '|---|---|---|---|---|---|',
  ];
  for (const [row, title] of Object.entries(TITLES)) {
    for (const { label, rows } of contenders) {
      const { p50, p99, cpu, messages } = figuresOf(rows[row]);
      const cells = [p50, p99, cpu, messages].map(figure).join(' | ');
      lines.push(`| ${row}: ${title} | ${label} | ${cells} |`);
    }
  }
  lines.push(
    '',
    '| | join, s | peers in a table, least / median / most | connections of a node | heap and buffers of a node, KiB | RSS of a node, KiB | after the rounds, KiB | RSS, KiB |',
    '|---|---|---|---|---|---|---|---|',
  );
  for (const { label, join, tables, memory, memoryAfter } of contenders) {
    const sizes = `${tables.least} / ${tables.median} / ${tables.most}`;
    const kib = [memory.heap, memory.rss, memoryAfter.heap, memoryAfter.rss].map(figure).join(' | ');
    lines.push(`| ${label} | ${figure(join.millis / 1e3)} | ${sizes} | ${figure(memory.connections)} | ${kib} |`);
  }
  lines.push(
    '',
    'Memory is the growth of the process by a node, after a collection and half a minute of rest; small networks came and went,',
    `and rested as long, before it is counted. ${nodes - 1} connections of a node would do; more are of peers that dialed each other at once.`,
    '',
    `| ${keys.toLocaleString('en')} CIDs of one node | messages | ms for a CID | CPU for a CID, ms | how |`,
    '|---|---|---|---|---|',
  );
  for (const one of contenders) {
    const { keys: done, label } = one;
    const each = [done.millis / done.count, done.cpuMillis / done.count].map(figure).join(' | ');
    lines.push(`| ${label} | ${figure(messagesOf(one, keys))} | ${each} | ${done.how} |`);
  }
  lines.push(
    '',
    'Everybody knows everybody here, so that lookups have nobody to find: `npm run bench:dht-guests` measures where they have.',
    '',
  );
  for (const { what, ratio, aim, met } of ratios) {
    lines.push(`- ${what}: **${figure(ratio)}**${aim === undefined ? '' : `; aim ${aim}: ${met ? 'met' : 'not met'}`}`);
  }
  return `${lines.join('\n').trimEnd()}\n`;
}
