/** What is found of dials and connections that did not come about, or broke. */
import type { ErrorCode } from '../../../errors.js';
import {
  awaited,
  capital,
  clause,
  detailOf,
  hintOf,
  meaningOf,
  peerOf,
  raise,
  spoken,
  withDetail,
  type Finder,
} from '../case.js';
import type { Incident } from '../facts.js';
import { titleOf } from '../kinds.js';
import { textOf } from '../reading.js';
import { byMeaning, silence } from './general.js';

/** Parts of a dial that are told one by one. */
const PARTS_TOLD = 8;
/** Machines whose streams count as open. */
const STREAMS: ReadonlySet<string> = new Set(['yamuxStream', 'mplexStream', 'spdyStream', 'soleStream']);
const ENDED: ReadonlySet<string> = new Set(['closed', 'abandoned', 'resetByPeer', 'resetLocally', 'sessionEnded']);

function addressOf({ connection }: Incident): string {
  const { remote = '' } = connection ?? {};
  return remote === '' ? 'the address' : remote;
}

const refused: Finder = ({ incident, code }) => ({
  cause: withDetail(`Nothing answers at ${addressOf(incident)}: the connection was refused.`, incident),
  change: [hintOf(code), 'Check that a firewall does not refuse it.'],
});

const unreachable: Finder = ({ incident, code }) => ({
  cause: withDetail(`No route leads to ${addressOf(incident)}.`, incident),
  change: [hintOf(code)],
});

/** Why a transport did not connect is told by its error alone, which a redacted trace leaves out. */
const notConnected: Finder = ({ incident, code }) => ({
  cause:
    incident.message === ''
      ? `The transport did not connect to ${addressOf(incident)}; the trace does not tell whether it was refused or not reached.`
      : withDetail(`The transport did not connect to ${addressOf(incident)}.`, incident),
  change: ['Check host and port, that the peer runs, and firewalls.', hintOf(code)],
});

const dialTimeout: Finder = (given) => {
  const { incident, code } = given;
  if (incident.machine === 'dial') return manyFailed(given);
  const { timeMs, connection, sinceMs } = incident;
  const beganMs = sinceMs ?? connection?.firstMs ?? timeMs;
  return {
    title: 'Not reached',
    cause: `Nothing came back from ${addressOf(incident)} within ${spoken(timeMs - beganMs)}: packets are dropped on the way, or the host is gone.`,
    change: [
      'Check the address, and that a firewall lets the port through.',
      'Raise limits.dialAddressTimeoutMs for links that are this slow.',
      hintOf(code),
    ],
  };
};

/** A dial of several addresses: what became of each. */
const manyFailed: Finder = ({ incident, code }) => {
  const { parts } = incident;
  if (parts.length === 0)
    return { cause: withDetail('Every address of the peer failed.', incident), change: [hintOf(code)] };
  const each = parts
    .slice(0, PARTS_TOLD)
    .map((part) => `${part.connection?.remote ?? ''}: ${clause(shortCause(part))}`);
  const more = parts.length > PARTS_TOLD ? `, and ${parts.length - PARTS_TOLD} more` : '';
  return {
    cause: `All ${parts.length} addresses that were dialed failed: ${each.join('; ')}${more}.`,
    change: ['Look at the first address that should work: its own reason is named here.', hintOf(code)],
  };
};

function shortCause(part: Incident): string {
  const detail = detailOf(part);
  if (detail !== '') return detail;
  return titleOf(part.code ?? 'ERR_TRANSPORT_FAILED').toLowerCase();
}

/** A time-out of the whole upgrade: who was silent shows in the state of the layer below. */
const upgradeTimeout: Finder = (given) => {
  const { incident } = given;
  const waiting = waitingBelow(incident);
  const life = waiting === undefined ? undefined : incident.connection?.below.get(waiting.actor);
  if (waiting === undefined || life === undefined) return silence(given);
  return silence({
    ...given,
    incident: { ...incident, machine: waiting.machine, state: waiting.state, sinceMs: life.enteredMs },
  });
};

/** The innermost machine below a connection that waited for the peer when that failed. */
function waitingBelow({ below }: Incident): Incident['below'][number] | undefined {
  return below.filter(({ machine, state }) => meaningOf(machine, state)?.includes('aits for') === true).at(-1);
}

const aborted: Finder = ({ incident }) => {
  const stuck = waitingBelow(incident);
  const { sinceMs, timeMs } = incident;
  const after = sinceMs === undefined ? '' : ` after ${spoken(timeMs - sinceMs)}`;
  const due = stuck === undefined ? undefined : awaited(stuck.machine, stuck.state);
  const where = due === undefined ? '' : `, while ${due} was due`;
  return {
    cause: `The caller gave the dial up${after}${where}.`,
    change: ['Nothing is wrong if that was meant; else wait longer, and look why the peer did not answer.'],
  };
};

const self: Finder = ({ incident, code }) => ({
  cause: `${capital(addressOf(incident))} leads to this very node: the peer that answered has our own key.`,
  change: ['Dial another address: this one is our own.', hintOf(code)],
});

const backoff: Finder = ({ incident, code }) => ({
  ...(incident.message.includes('leads nowhere') ? { title: 'Not dialed: such addresses lead nowhere here' } : {}),
  cause: incident.message === '' ? hintOf(code) : `${capital(clause(incident.message))}.`,
  change: [
    'Name one address in full, with /p2p/PEER: that is always tried.',
    'Look for the failure before this one: it tells why the addresses are not tried.',
    ...raise(code),
  ],
});

const denied: Finder = ({ incident, at }) => {
  const hook = at(incident.seq)?.name === 'gater:answered' ? incident.event : '';
  const asked = textOf({ asked: firstArgument(at(incident.seq)?.data['arguments']) }, 'asked');
  const who = asked === '' ? peerOf(incident.connection) : asked;
  const cause =
    hook === ''
      ? incident.message === ''
        ? `This side refused ${who} once it had proven who it is; the trace does not tell by which rule.`
        : `This side’s gater refused: ${clause(detailOf(incident))}.`
      : `This side’s gater refused ${who}: its hook ${hook} answered no.`;
  return {
    cause,
    change: ['Change the allow and deny lists, or the hooks, of option gater; let them admit this peer and address.'],
  };
};

function firstArgument(value: unknown): unknown {
  return Array.isArray(value) ? (value[0] as unknown) : undefined;
}

/** A connection that broke: in which state, and how much was open. */
const lost: Finder = (given) => {
  const { incident, code } = given;
  const { machine, state, below, connection } = incident;
  if (machine !== 'connection' && machine !== 'soleStream') return sessionLost(given);
  const streams = below.filter((one) => STREAMS.has(one.machine) && !ENDED.has(one.state)).length;
  const open = streams === 0 ? '' : `, with ${streams} ${streams === 1 ? 'stream' : 'streams'} open`;
  const when =
    state === 'open' || machine === 'soleStream'
      ? `while it was in use${open}`
      : `during the upgrade, in ${state ?? ''}`;
  return {
    title: 'The connection was lost',
    cause: withDetail(`The connection with ${peerOf(connection)} broke ${when}.`, incident),
    change: [
      hintOf(code),
      'If it was the network: dial again, or keep the peer connected with option connectionManager.',
    ],
  };
};

const sessionLost: Finder = (given) => ({
  title: 'The connection was lost',
  cause: `${capital(peerOf(given.incident.connection))} closed the connection without a farewell while streams were open.`,
  change: [hintOf(given.code)],
});

const localLimit: Finder = (given) => ({
  cause: given.incident.message === '' ? hintOf(given.code) : `${capital(clause(given.incident.message))}.`,
  change: ['Close what is not needed, or wait until there is room.', ...raise(given.code)],
});

const unsupported: Finder = (given) => ({ ...byMeaning(given), change: [hintOf(given.code)] });

export const TRANSPORT_FINDERS: Partial<Readonly<Record<ErrorCode, Finder>>> = {
  ERR_TRANSPORT_REFUSED: refused,
  ERR_TRANSPORT_UNREACHABLE: unreachable,
  ERR_TRANSPORT_FAILED: notConnected,
  ERR_TRANSPORT_ENDED: lost,
  ERR_TRANSPORT_UNSUPPORTED: unsupported,
  ERR_DIAL_TIMEOUT: dialTimeout,
  ERR_DIAL_FAILED: manyFailed,
  ERR_DIAL_SELF: self,
  ERR_DIAL_BACKOFF: backoff,
  ERR_UPGRADE_TIMEOUT: upgradeTimeout,
  ERR_ABORTED: aborted,
  ERR_CONNECTION_DENIED: denied,
  ERR_CONNECTION_LIMIT: localLimit,
  ERR_DIAL_RATE: localLimit,
  ERR_CONNECTION_RATE: localLimit,
};
