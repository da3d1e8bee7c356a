// An expression as Python code.

import { canonicalDatetime } from "./datetimes";
import { type Expr, type Name, positionsOf, type RowsExpr } from "./expressions";

/** The Python code of an expression, the same text as Python's repr of it. */
export function toPython(expr: Expr): string {
  switch (expr.op) {
    case "compare": {
      const right = "col" in expr.right ? column(expr.right.col) : scalarToPython(expr.right.value);
      return `${column(expr.left.col)} ${expr.cmp} ${right}`;
    }
    case "isin":
      return `${column(expr.col)}.isin([${expr.values.map(scalarToPython).join(", ")}])`;
    case "between":
      return `${column(expr.col)}.between(${scalarToPython(expr.low)}, ${scalarToPython(expr.high)})`;
    case "isnull":
      return `${column(expr.col)}.isnull()`;
    case "contains":
      return `${column(expr.col)}.contains(${quote(expr.text)}${expr.case ? "" : ", case=False"})`;
    case "startswith":
      return `${column(expr.col)}.startswith(${quote(expr.text)})`;
    case "lasso": {
      const vertices = expr.polygon.map(([x, y]) => `(${number(x)}, ${number(y)})`);
      const recipe = expr.recipe === undefined ? "" : `, recipe=${quote(expr.recipe)}`;
      return `dv.lasso([${vertices.join(", ")}], on=${quote(expr.on)}${recipe})`;
    }
    case "slicer":
      return `dv.slicer(${quote(expr.name)})`;
    case "rows":
      // positions are not Python; Python itself writes the index values
      return `dv.rows([${rowLabels(expr).map(scalarToPython).join(", ")}])`;
    case "and":
      return expr.terms.map(operand).join(" & ");
    case "or":
      return expr.terms.map(operand).join(" | ");
    case "not":
      return `~${operand(expr.term)}`;
  }
}

function rowLabels(expr: RowsExpr): readonly Name[] {
  return "index" in expr ? expr.index : Array.from(positionsOf(expr));
}

function operand(expr: Expr): string {
  const text = toPython(expr);
  return expr.op === "compare" || expr.op === "and" || expr.op === "or" ? `(${text})` : text;
}

function column(name: Name): string {
  return `dv.col(${scalarToPython(name)})`;
}

export function scalarToPython(scalar: Name): string {
  if (scalar === null) return "None";
  if (typeof scalar === "string") return quote(scalar);
  if (typeof scalar === "boolean") return scalar ? "True" : "False";
  if (typeof scalar === "number") return number(scalar);
  if ("float" in scalar) return `float("${scalar.float}")`;
  if ("int" in scalar) return scalar.int;
  if ("timedelta" in scalar) return `dv.duration(${number(scalar.timedelta)})`;
  if ("datetime" in scalar)
    return `dv.timestamp("${canonicalDatetime(scalar.datetime).replace(/T00:00:00$/, "")}")`;
  const items = scalar.tuple.map(scalarToPython);
  return items.length === 1 ? `(${items[0]},)` : `(${items.join(", ")})`;
}

/** As Python writes it: whole numbers below 2^53 without a point, others as a float's repr. */
function number(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 2 ** 53) return String(value + 0);
  if (!Number.isFinite(value))
    return `float("${Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf"}")`;
  const [mantissa, power] = value.toExponential().split("e");
  const exponent = Number(power);
  if (exponent < -4 || exponent >= 16) {
    const digits = String(Math.abs(exponent)).padStart(2, "0");
    return `${mantissa}e${exponent < 0 ? "-" : "+"}${digits}`;
  }
  // JavaScript writes these without an exponent too, except 0.00001, which is out already
  return String(value);
}

/** A Python literal that is printable: invisible and direction-changing characters are escaped. */
export function quote(text: string): string {
  return `"${text.replace(ESCAPED, (char) => SHORT[char] ?? unicode(char))}"`;
}

const unicode = (char: string) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
const SHORT: Record<string, string> = {
  '"': '\\"',
  "\\": "\\\\",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};
const ESCAPED = // with the u flag, \ud800-\udfff are lone surrogates only
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must be escaped
  /["\\\u0000-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]/gu;
