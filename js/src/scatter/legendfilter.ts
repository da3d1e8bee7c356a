// A click in the legend as an expression: which values of a column the filter keeps.

import type { Expr, Name, Scalar } from "../expressions";
import { conjuncts, join } from "../selection";
import { sameJson } from "../traits";

/** The values of a column that the filter keeps (null is missing); null where it keeps all. */
export function keptValues(filter: Expr | null, column: Name): Scalar[] | null {
  for (const term of conjuncts(filter)) {
    const values = valuesOf(term, column);
    if (values) return values;
  }
  return null;
}

/** The filter after a click on a value: it joins the kept ones or leaves them. */
export function toggleValue(filter: Expr | null, column: Name, value: Scalar): Expr | null {
  const kept = keptValues(filter, column) ?? [];
  const without = kept.filter((other) => !sameJson(other, value));
  const values = without.length < kept.length ? without : [...kept, value];
  const others = conjuncts(filter).filter((term) => !valuesOf(term, column));
  const terms = values.length > 0 ? [...others, keep(column, values)] : others;
  return terms.length > 0 ? join("and", terms) : null;
}

function keep(column: Name, values: Scalar[]): Expr {
  const present = values.filter((value) => value !== null);
  const terms: Expr[] = [];
  if (present.length > 0) terms.push({ op: "isin", col: column, values: present });
  if (present.length < values.length) terms.push({ op: "isnull", col: column });
  return join("or", terms);
}

/** The values a term keeps, where that is all the term says and it says it about this column. */
function valuesOf(term: Expr, column: Name): Scalar[] | null {
  if (term.op === "isin" && sameJson(term.col, column)) return term.values;
  if (term.op === "isnull" && sameJson(term.col, column)) return [null];
  if (term.op === "compare" && term.cmp === "==" && sameJson(term.left.col, column)) {
    return "value" in term.right ? [term.right.value] : null;
  }
  if (term.op !== "or") return null;
  const parts = term.terms.map((part) => valuesOf(part, column));
  return parts.every((part) => part !== null) ? parts.flat() : null;
}
