// Dates and times as text: ISO 8601, to the microsecond, as Python reads and writes it.

import type { Scalar } from "./expressions";

const ISO =
  /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?(Z|[+-]\d\d:\d\d)?)?)?)?$/;

/** Microseconds since 1970 of an ISO 8601 text, and whether it has an offset; null if it is none. */
export function parseDatetime(text: string): { micros: number; aware: boolean } | null {
  const match = ISO.exec(text);
  if (!match) return null;
  const [year, month, day, hour, minute, second] = match
    .slice(1, 7)
    .map((digits, i) => (digits === undefined ? [0, 1, 1, 0, 0, 0][i] : Number(digits)));
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second);
  const same = // a 31st of April has rolled over
    date.getUTCMonth() === month - 1 && date.getUTCDate() === day && hour < 24 && minute < 60;
  if (!same || second > 59 || year < 1) return null;
  const offset = match[8];
  let minutes = 0;
  if (offset && offset !== "Z") {
    const [hours, rest] = [Number(offset.slice(1, 3)), Number(offset.slice(4))];
    if (hours > 23 || rest > 59) return null;
    minutes = (offset[0] === "-" ? -1 : 1) * (60 * hours + rest);
  }
  const micros = Number((match[7] ?? "").padEnd(6, "0"));
  return { micros: (date.getTime() - 60_000 * minutes) * 1000 + micros, aware: Boolean(offset) };
}

/** As Python's isoformat writes it. */
function formatDatetime(micros: number, aware: boolean): string {
  const seconds = Math.floor(micros / 1e6);
  const rest = micros - 1e6 * seconds;
  const text = new Date(1000 * seconds).toISOString().slice(0, 19);
  return text + (rest ? `.${String(rest).padStart(6, "0")}` : "") + (aware ? "+00:00" : "");
}

/** The value for a moment in milliseconds since 1970, as the columns hold them. */
export function datetimeScalar(milliseconds: number, tz: string | null): Scalar {
  return { datetime: formatDatetime(Math.round(milliseconds * 1000), tz !== null) };
}

/** A text as Python would write the moment that it names; other texts as they are. */
export function canonicalDatetime(text: string): string {
  const parsed = parseDatetime(text);
  return parsed ? formatDatetime(parsed.micros, parsed.aware) : text;
}
