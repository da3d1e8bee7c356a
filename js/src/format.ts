// Numbers, times and code as text.
import { type Expr, type Name, pickedCount } from "./expressions";
import { scalarToPython, toPython } from "./python";

export const integer = (value: number): string => value.toLocaleString("en-US");

/** A count in little room. */
export const compact = (value: number): string =>
  value < 100_000
    ? integer(value)
    : value.toLocaleString("en-US", { notation: "compact", maximumFractionDigits: 1 });

/** A part of a whole: "3.4 %". */
export function share(part: number, whole: number): string {
  const percent = (100 * part) / Math.max(whole, 1);
  if (part === 0 || part === whole) return `${percent} %`;
  if (percent < 0.1 || percent > 99.9) return percent < 1 ? "<0.1 %" : ">99.9 %";
  return `${percent.toFixed(percent < 9.95 ? 1 : 0)} %`;
}

/** A number for a label: short, and exact where it is short anyway. */
export function short(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e6) return integer(value);
  const size = Math.abs(value);
  if (size >= 1e15 || (size > 0 && size < 1e-3)) return value.toExponential(1);
  if (size >= 1e6) {
    return value.toLocaleString("en-US", { notation: "compact", maximumFractionDigits: 1 });
  }
  return value.toLocaleString("en-US", { maximumSignificantDigits: size >= 1000 ? 4 : 3 });
}

const DAY = 86_400_000;

/** A moment, as exact as a range of `span` milliseconds asks for. */
export function moment(time: number, span: number): string {
  const text = new Date(time).toISOString();
  if (span > 3 * DAY) return text.slice(0, 10);
  if (span > 60_000) return `${text.slice(5, 10)} ${text.slice(11, 16)}`;
  return text.slice(11, 23);
}

/** Seconds as a person says them. */
export function duration(seconds: number): string {
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 3600) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

/** What a stage is doing while it does not count yet. */
export const uncounted = (stage: string): string =>
  stage === "embedding" ? "learning from the images …" : `${stage} …`;

/** The items a second; slow work counts the other way round. */
export function rate(perSecond: number): string {
  if (perSecond >= 10) return `${integer(Math.round(perSecond))}/s`;
  return perSecond >= 0.1 ? `${perSecond.toFixed(1)}/s` : "";
}

/** The code of an expression in one readable line: long lists are left out. */
export function brief(expr: Expr): string {
  switch (expr.op) {
    case "and":
    case "or":
      return expr.terms.map(part).join(expr.op === "and" ? " & " : " | ");
    case "not":
      return `~${part(expr.term)}`;
    case "lasso":
      return `dv.lasso([…], on=${scalarToPython(expr.on)})`;
    case "rows": {
      if (!("index" in expr)) return `dv.rows([… ${integer(pickedCount(expr))} rows …])`;
      const shown = expr.index.slice(0, 3).map(scalarToPython).join(", ");
      return `dv.rows([${shown}${expr.index.length > 3 ? ", …" : ""}])`;
    }
    case "isin": {
      if (expr.values.length <= 4) return toPython(expr);
      const code = toPython({ ...expr, values: expr.values.slice(0, 3) });
      return code.replace(/\]\)$/, ", …])");
    }
    default:
      return toPython(expr);
  }
}

function part(expr: Expr): string {
  const bare = expr.op === "compare" || expr.op === "and" || expr.op === "or";
  return bare ? `(${brief(expr)})` : brief(expr);
}

/** An expression for a person: the chip of a filter. */
export function phrase(expr: Expr): string {
  if (expr.op === "compare" && expr.cmp === "==" && "value" in expr.right) {
    const { value } = expr.right;
    if (value === true) return nameText(expr.left.col);
    if (value === false) return `not ${nameText(expr.left.col)}`;
  }
  return plain(brief(expr));
}

const nameText = (name: Name): string => (typeof name === "string" ? name : scalarToPython(name));

/** The Python code of an expression, with less around the names. */
export function plain(code: string): string {
  return code.replaceAll(/dv\.col\("([^"\\]*)"\)/g, "$1").replaceAll("dv.", "");
}

/** Whether an expression names rows by position, which only Python turns into the user's index. */
export function hasPositions(expr: Expr): boolean {
  if (expr.op === "rows") return !("index" in expr);
  if (expr.op === "not") return hasPositions(expr.term);
  return (expr.op === "and" || expr.op === "or") && expr.terms.some(hasPositions);
}
