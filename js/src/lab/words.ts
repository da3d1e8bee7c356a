// How the sidebar says amounts and work.
import { integer } from "../format";
import type { Progress } from "../protocol";
import type { Trans } from "./translate";

/** Bytes as people say them: "512 MB". */
export function bytes(n: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let unit = 0;
  let value = n;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value.toFixed(unit > 2 && value < 100 ? 1 : 0)} ${units[unit]}`;
}

/** What an explorer is doing: its running stage, and how far it is; null where it is at rest. */
export function doing(
  { stages, running }: Progress,
  trans: Trans,
): { text: string; share: number | null } | null {
  const failed = stages.find(({ state }) => state === "failed");
  const stage = stages.find(({ state }) => state === "running");
  if (running && stage) {
    const { name, done, total } = stage;
    if (total <= 0) return { text: name, share: null };
    const text = trans("%1: %2 of %3", name, integer(done), integer(total));
    return { text, share: done / total };
  }
  return failed ? { text: trans("%1 failed", failed.name), share: null } : null;
}
