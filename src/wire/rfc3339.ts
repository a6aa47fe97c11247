/**
 * Times as text (RFC 3339), to the nanosecond: as numbers they are nanoseconds since 1970, and leap seconds are none. Written
 * with nine digits, as IPNS records have them; read with any, and with offsets.
 */

const NANOS_PER_SECOND = 1_000_000_000n;
const NANOS_PER_MILLISECOND = 1_000_000n;
const SECONDS_PER_DAY = 86_400n;
/** The first moment of the year 10000, which the format cannot write. */
const END_OF_FORMAT = 253_402_300_800n * NANOS_PER_SECOND;
/** The first moment of the year 0. */
const START_OF_FORMAT = -62_167_219_200n * NANOS_PER_SECOND;

const FORM = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,32}))?(?:Z|([+-])(\d\d):(\d\d))$/;

/** Milliseconds since 1970 in nanoseconds. */
export function nanosOf(milliseconds: number): bigint {
  return BigInt(Math.floor(milliseconds)) * NANOS_PER_MILLISECOND;
}

/** Nanoseconds since 1970 in whole milliseconds, rounded down. */
export function millisecondsOf(nanos: bigint): number {
  return Number(floorDivide(nanos, NANOS_PER_MILLISECOND));
}

/** Milliseconds since 1970 as text in UTC. Throws `RangeError` outside of the years 0 to 9999. */
export function formatRfc3339Ms(milliseconds: number): string {
  const text = formatRfc3339(nanosOf(milliseconds));
  if (text === undefined) throw new RangeError(`no year of four digits holds ${milliseconds} ms`);
  return text;
}

/** The time that a text tells, in whole milliseconds since 1970. `undefined` for what is no such text. */
export function parseRfc3339Ms(text: string): number | undefined {
  const nanos = parseRfc3339(text);
  return nanos === undefined ? undefined : millisecondsOf(nanos);
}

/** A time as text in UTC; `undefined` outside of the years 0 to 9999. */
export function formatRfc3339(nanos: bigint): string | undefined {
  if (nanos < START_OF_FORMAT || nanos >= END_OF_FORMAT) return undefined;
  const seconds = floorDivide(nanos, NANOS_PER_SECOND);
  const days = floorDivide(seconds, SECONDS_PER_DAY);
  const { year, month, day } = dateOf(Number(days));
  const ofDay = Number(seconds - days * SECONDS_PER_DAY);
  const two = (value: number): string => String(value).padStart(2, '0');
  const time = [Math.floor(ofDay / 3600), Math.floor(ofDay / 60) % 60, ofDay % 60].map(two).join(':');
  const fraction = String(nanos - seconds * NANOS_PER_SECOND).padStart(9, '0');
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}T${time}.${fraction}Z`;
}

/** The time that a text tells; digits beyond the ninth are cut off. `undefined` for what is no such text. */
export function parseRfc3339(text: string): bigint | undefined {
  const match = FORM.exec(text);
  if (match === null) return undefined;
  const field = (index: number): number => Number(match[index] ?? 0);
  const [year, month, day] = [field(1), field(2), field(3)];
  const [hour, minute, second] = [field(4), field(5), field(6)];
  const [offsetHours, offsetMinutes] = [field(9), field(10)];
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined;
  if (hour > 23 || minute > 59 || second > 59 || offsetHours > 23 || offsetMinutes > 59) return undefined;
  const ofDay = hour * 3600 + minute * 60 + second;
  const offset = (offsetHours * 3600 + offsetMinutes * 60) * (match[8] === '-' ? -1 : 1);
  const seconds = BigInt(daysSince1970(year, month, day)) * SECONDS_PER_DAY + BigInt(ofDay - offset);
  return seconds * NANOS_PER_SECOND + BigInt((match[7] ?? '').slice(0, 9).padEnd(9, '0'));
}

function floorDivide(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor;
  return value % divisor < 0n ? quotient - 1n : quotient;
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

function daysIn(year: number, month: number): number {
  if (month === 2) return isLeap(year) ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

/** Days before the first of March of a year are counted in years that end in February, so that leap days come last. */
const DAYS_PER_ERA = 146_097;
/** From the first of March of the year 0 to 1970. */
const DAYS_TO_1970 = 719_468;

function daysSince1970(year: number, month: number, day: number): number {
  const marchYear = month <= 2 ? year - 1 : year;
  const era = Math.floor(marchYear / 400);
  const ofEra = marchYear - era * 400;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  return era * DAYS_PER_ERA + ofEra * 365 + Math.floor(ofEra / 4) - Math.floor(ofEra / 100) + dayOfYear - DAYS_TO_1970;
}

function dateOf(days: number): { readonly year: number; readonly month: number; readonly day: number } {
  const shifted = days + DAYS_TO_1970;
  const era = Math.floor(shifted / DAYS_PER_ERA);
  const dayOfEra = shifted - era * DAYS_PER_ERA;
  const leapDays = Math.floor(dayOfEra / 1460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096);
  const yearOfEra = Math.floor((dayOfEra - leapDays) / 365);
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const fromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return { year, month, day: dayOfYear - Math.floor((153 * fromMarch + 2) / 5) + 1 };
}
