/**
 * Times as RFC 3339 writes them (`2026-01-02T03:04:05.000000006Z`), without the machine's calendar: days are counted from
 * 1970 in the proleptic Gregorian calendar.
 */

const DAY_MS = 86_400_000;
/** Of 400 years, after which the calendar repeats itself. */
const DAYS_OF_ERA = 146_097;
/** From 0000-03-01 to 1970-01-01. */
const DAYS_BEFORE_1970 = 719_468;
/** Of the year 9999, the last that has four digits. */
const LAST_MS = 253_402_300_799_999;

const PATTERN = /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/;

/** Text of a wall time in milliseconds since 1970, in UTC. Throws `RangeError` outside of the years 1970 to 9999. */
export function formatRfc3339(timeMs: number): string {
  const whole = Math.floor(timeMs);
  if (!(whole >= 0 && whole <= LAST_MS)) throw new RangeError(`timeMs must be 0 to ${LAST_MS}, got ${timeMs}`);
  const { year, month, day } = dateOf(Math.floor(whole / DAY_MS));
  const ofDay = whole % DAY_MS;
  const clock = [Math.floor(ofDay / 3_600_000), Math.floor(ofDay / 60_000) % 60, Math.floor(ofDay / 1000) % 60];
  const date = [padded(year, 4), padded(month, 2), padded(day, 2)].join('-');
  return `${date}T${clock.map((part) => padded(part, 2)).join(':')}.${padded(ofDay % 1000, 3)}Z`;
}

/** Milliseconds since 1970, parts of one dropped, or `undefined` for text that is no such time. */
export function parseRfc3339(text: string): number | undefined {
  const match = PATTERN.exec(text);
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  const [, , , , , , , fraction = '', sign, offsetHour = '0', offsetMinute = '0'] = match;
  if (month < 1 || month > 12 || day < 1 || day > daysOfMonth(year, month)) return undefined;
  // A leap second is the first of the next minute to everybody who counts without them.
  if (hour > 23 || minute > 59 || second > 60 || Number(offsetHour) > 23 || Number(offsetMinute) > 59) return undefined;
  const offset = (Number(offsetHour) * 60 + Number(offsetMinute)) * 60_000 * (sign === '-' ? -1 : 1);
  const ofDay = ((hour * 60 + minute) * 60 + second) * 1000 + Number(fraction.padEnd(3, '0').slice(0, 3));
  return daysOf(year, month, day) * DAY_MS + ofDay - offset;
}

function padded(value: number, width: number): string {
  return String(value).padStart(width, '0');
}

function isLeap(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

function daysOfMonth(year: number, month: number): number {
  if (month === 2) return isLeap(year) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Days since 1970. Years are counted from March, so that the day that some have is their last. */
function daysOf(year: number, month: number, day: number): number {
  const marchYear = month > 2 ? year : year - 1;
  const marchMonth = (month + 9) % 12;
  const ofYear = Math.floor((153 * marchMonth + 2) / 5) + day - 1;
  const leaps = Math.floor(marchYear / 4) - Math.floor(marchYear / 100) + Math.floor(marchYear / 400);
  return marchYear * 365 + leaps + ofYear - DAYS_BEFORE_1970;
}

function dateOf(days: number): { readonly year: number; readonly month: number; readonly day: number } {
  const since = days + DAYS_BEFORE_1970;
  const era = Math.floor(since / DAYS_OF_ERA);
  const ofEra = since - era * DAYS_OF_ERA;
  const yearOfEra = Math.floor(
    (ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365,
  );
  const ofYear = ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * ofYear + 2) / 153);
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: ofYear - Math.floor((153 * marchMonth + 2) / 5) + 1,
  };
}
