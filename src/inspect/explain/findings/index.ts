/** What is found of a failure, by its code. */
import type { Case, Finder, Finding } from '../case.js';
import type { ErrorCode } from '../../../errors.js';
import { CONTENT_FINDERS } from './content.js';
import { byMeaning } from './general.js';
import { MUXER_FINDERS } from './muxers.js';
import { NEGOTIATION_FINDERS } from './negotiation.js';
import { SECURITY_FINDERS } from './security.js';
import { TRANSPORT_FINDERS } from './transport.js';

const FINDERS: Partial<Readonly<Record<ErrorCode, Finder>>> = {
  ...TRANSPORT_FINDERS,
  ...NEGOTIATION_FINDERS,
  ...SECURITY_FINDERS,
  ...MUXER_FINDERS,
  ...CONTENT_FINDERS,
};

/** Why it failed, and what to change. */
export function findingOf(given: Case): Finding {
  return (FINDERS[given.code] ?? byMeaning)(given);
}
