/** Names of TLS for numbers and back: a number that we have no name for stays one. */
import { TLS_SCHEME, TLS_SUITES, tlsGroupName, tlsSchemeName, tlsSuite } from '../../../wire/tls-names.js';
import type { TlsCode } from '../script/tls-commands.js';
import { misused } from './failure.js';

export const suiteWord = (code: number): TlsCode => tlsSuite(code)?.name ?? code;
export const groupWord = (code: number): TlsCode => tlsGroupName(code) ?? code;
export const schemeWord = (code: number): TlsCode => tlsSchemeName(code) ?? code;

/** Throws `ERR_INVALID_ARGUMENT` for a name that is none. */
export function suiteCode(suite: TlsCode): number {
  return typeof suite === 'number' ? suite : known(suite, TLS_SUITES.find(({ name }) => name === suite)?.code);
}

/** Throws `ERR_INVALID_ARGUMENT` for a name that is none. */
export function schemeCode(scheme: TlsCode): number {
  const codes: Readonly<Record<string, number>> = TLS_SCHEME;
  return typeof scheme === 'number' ? scheme : known(scheme, codes[scheme]);
}

/** The numbers of a list. */
export function codesOf(codes: readonly TlsCode[], codeOf: (code: TlsCode) => number): readonly number[] {
  return codes.map(codeOf);
}

function known(name: string, code: number | undefined): number {
  if (code === undefined) throw misused(`TLS has nothing called ${name} here; say its number`);
  return code;
}
