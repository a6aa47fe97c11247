/** Dates of HTTP (RFC 9110, 5.6.7): written in the one form of today, read in it alone. */

const DAYS = ['Thu', 'Fri', 'Sat', 'Sun', 'Mon', 'Tue', 'Wed'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const DAY_MS = 86_400_000;
const FORM = /^[A-Z][a-z]{2}, (\d{2}) ([A-Z][a-z]{2}) (\d{4}) (\d{2}):(\d{2}):(\d{2}) GMT$/;

/** E.g. `Sun, 06 Nov 1994 08:49:37 GMT`, for milliseconds since 1970 that are not negative. */
export function formatHttpDate(timeMs: number): string {
  const day = Math.floor(timeMs / DAY_MS);
  const second = Math.floor((timeMs - day * DAY_MS) / 1000);
  const { year, month, dayOfMonth } = civilOf(day);
  const clock = [Math.floor(second / 3600), Math.floor(second / 60) % 60, second % 60].map(twoDigits).join(':');
  return `${DAYS[day % 7] ?? ''}, ${twoDigits(dayOfMonth)} ${MONTHS[month - 1] ?? ''} ${String(year).padStart(4, '0')} ${clock} GMT`;
}

/** Milliseconds since 1970, or `undefined` for text that is no such date. The name of the day is not checked. */
export function parseHttpDate(text: string): number | undefined {
  const [, day = '', name = '', year = '', hour = '', minute = '', second = ''] = FORM.exec(text) ?? [];
  const month = MONTHS.indexOf(name) + 1;
  if (month === 0) return undefined;
  const days = daysOf(Number(year), month, Number(day));
  const isReal = civilOf(days).dayOfMonth === Number(day) && Number(hour) < 24 && Number(minute) < 60;
  if (!isReal || Number(second) > 60) return undefined;
  return days * DAY_MS + (Number(hour) * 3600 + Number(minute) * 60 + Number(second)) * 1000;
}

/**
 * Days since 1970 of a date of the Gregorian calendar. Years are counted from March, so that the leap day is the last of its
 * year; 400 of them have 146,097 days.
 */
function daysOf(year: number, month: number, dayOfMonth: number): number {
  const from = month <= 2 ? year - 1 : year;
  const era = Math.floor(from / 400);
  const yearOfEra = from - era * 400;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + dayOfMonth - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

function civilOf(days: number): { readonly year: number; readonly month: number; readonly dayOfMonth: number } {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const leaps = Math.floor(dayOfEra / 1460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096);
  const yearOfEra = Math.floor((dayOfEra - leaps) / 365);
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    dayOfMonth: dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1,
  };
}

function twoDigits(number: number): string {
  return String(number).padStart(2, '0');
}
