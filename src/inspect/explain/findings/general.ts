/** What is found of failures by their kind alone: silence, ends, and messages that are not as they should be. */
import {
  awaited,
  capital,
  clause,
  hintOf,
  meaningOf,
  peerOf,
  raise,
  spoken,
  withDetail,
  type Case,
  type Finding,
} from '../case.js';

/** Nobody spoke in time. */
export function silence(given: Case): Finding {
  const { incident, code } = given;
  const { machine, state, connection, sinceMs, timeMs, heardMs } = incident;
  const due = awaited(machine, state);
  const within = sinceMs === undefined ? 'in time' : `within ${spoken(timeMs - sinceMs)}`;
  const heard =
    connection === undefined
      ? ''
      : heardMs === undefined
        ? ', and nothing at all was heard of it'
        : `; it was last heard ${spoken(timeMs - heardMs)} before that`;
  const what = due === undefined ? 'it did not answer' : `${due} did not come`;
  return {
    cause: `${capital(peerOf(connection))} was silent: ${what} ${within}${heard}.`,
    change: [
      'Look on the peer’s side why it does not answer: is it overloaded, suspended, or behind a link that lost it?',
      ...raise(code),
    ],
  };
}

/** The peer ended something while more was due. */
export function ended(given: Case): Finding {
  const { incident, code } = given;
  const { machine, state, connection, stream } = incident;
  const due = awaited(machine, state);
  const what = stream === undefined ? 'the connection' : `stream ${stream}`;
  const when = due === undefined ? (state === undefined ? '' : ` in ${state}`) : ` while ${due} was due`;
  return {
    cause: withDetail(`${capital(peerOf(connection))} closed ${what}${when}.`, incident),
    change: [hintOf(code), 'Look into the log of the peer: it closed on purpose, or its process ended.'],
  };
}

/** The peer said something that is not due. */
export function unexpected(given: Case): Finding {
  const { incident, code } = given;
  const { machine, state, event, connection } = incident;
  const due = awaited(machine, state);
  const said = event.replace(/^wire\./, '');
  return {
    cause: withDetail(
      `${capital(peerOf(connection))} sent ${said === '' ? 'something' : said} ${due === undefined ? `in ${state ?? 'this state'}, which does not expect it` : `while ${due} was due`}.`,
      incident,
    ),
    change: [
      hintOf(code),
      'Compare both sides’ versions of the protocol: the peer does not follow the specification here.',
    ],
  };
}

/** What the state that it ended in means, and what the error says. */
export function byMeaning(given: Case): Finding {
  const { incident, code } = given;
  const meaning = meaningOf(incident.machine, incident.ended);
  const cause =
    meaning === undefined
      ? incident.message === ''
        ? hintOf(code)
        : `${capital(clause(incident.message))}.`
      : withDetail(meaning, incident);
  return { cause, change: [hintOf(code), ...raise(code)] };
}
