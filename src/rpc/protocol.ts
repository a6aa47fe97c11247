/**
 * The local RPC's lines (docs/rpc.md): one JSON object a line, both ways.
 *
 *   request  { "id": 1, "method": "ping", "params": { ... } }
 *   answers  { "id": 1, "result": ... }   { "id": 1, "error": { "code", "message", "try" } }
 *   streams  { "id": 1, "event": ... } as often as there is one, then a result or an error
 */
import { EngineError, ERROR_HINTS, toEngineError, type ErrorCode } from '../errors.js';

export type RequestId = number | string;

/** What a client asks. */
export interface RpcRequest {
  readonly id: RequestId;
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** A failure, as a client reads it. */
export interface RpcFailure {
  readonly code: string;
  readonly message: string;
  readonly blame: string;
  readonly try: string;
}

/** What a client reads. */
export interface RpcAnswer {
  readonly id: RequestId | null;
  readonly result?: unknown;
  readonly event?: unknown;
  readonly error?: RpcFailure;
}

/** Longest id in text, and longest name of a method: they are echoed. */
const ID_CHARS = 64;

/** Reads one line. Throws `ERR_RPC_BAD_REQUEST`. */
export function parseRequest(line: Uint8Array): RpcRequest {
  const value = parseObject(line);
  if (value === undefined) throw badRequest('a request is one JSON object in UTF-8');
  const { id, method, params = {} } = value;
  if (!isId(id)) throw badRequest(`id is a whole number, or a text of at most ${ID_CHARS} characters`);
  if (typeof method !== 'string' || method.length > ID_CHARS) throw badRequest('method is the name of a method');
  if (!isObject(params)) throw badRequest('params is an object');
  return { id, method, params };
}

/** The id of a line that is no request, if it has one. */
export function idOf(line: Uint8Array): RequestId | null {
  const id = parseObject(line)?.['id'];
  return isId(id) ? id : null;
}

/** Reads one line of a server. Throws `ERR_RPC_BAD_ANSWER`. */
export function parseAnswer(line: Uint8Array): RpcAnswer {
  const value = parseObject(line);
  if (value === undefined || (value['id'] !== null && !isId(value['id']))) throw badAnswer();
  const { error } = value;
  const isFailure = isObject(error) && typeof error['code'] === 'string' && typeof error['message'] === 'string';
  if (error !== undefined && !isFailure) throw badAnswer();
  return value as unknown as RpcAnswer;
}

/** Any thrown value as a client reads it. */
export function failureOf(thrown: unknown): RpcFailure {
  const error = toEngineError(thrown, 'ERR_ENGINE_ASSERTION', 'engine', String(thrown));
  return { code: error.code, message: error.message, blame: error.blame, try: error.hint };
}

/** What a server told, as an error of ours. */
export function errorOf({ code, message, blame }: RpcFailure): EngineError {
  const known: ErrorCode = Object.hasOwn(ERROR_HINTS, code) ? (code as ErrorCode) : 'ERR_RPC_BAD_ANSWER';
  return new EngineError(known, blame === 'remote' || blame === 'engine' ? blame : 'local', message);
}

export function badRequest(why: string): EngineError {
  return new EngineError('ERR_RPC_BAD_REQUEST', 'local', why);
}

function badAnswer(): EngineError {
  return new EngineError('ERR_RPC_BAD_ANSWER', 'local', 'the answer is no line of the RPC');
}

function parseObject(line: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(line));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isId(value: unknown): value is RequestId {
  return typeof value === 'string' ? value.length <= ID_CHARS : Number.isSafeInteger(value);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
