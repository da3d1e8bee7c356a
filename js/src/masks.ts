// From an expression to the rows it means: in the browser where it can be, else asked of Python.

import { and, type Bitset, not, or } from "./bitset";
import type { Data } from "./data";
import { evaluate, lacking, type Table } from "./evaluate";
import type { Expr } from "./expressions";

/**
 * Evaluates expressions term by term. A term that needs Python (a slicer, a column that is not
 * shipped, a name that is unknown here) is asked for alone; the rest is computed here. The mask
 * of a term is kept as long as the term and its data are the same, so that adding a lasso to a
 * selection computes that lasso and nothing else.
 */
export class Masks {
  private readonly kept = new WeakMap<Expr, { inputs: unknown[]; bits: Bitset }>();

  constructor(private readonly data: Data) {}

  /** The mask, or null while something it needs is on its way. Throws if it has no meaning. */
  get(expr: Expr): Bitset | null {
    const n = this.data.n.value;
    if (expr.op === "not") {
      const bits = this.get(expr.term);
      return bits && not(bits, n);
    }
    if (expr.op === "and" || expr.op === "or") {
      // All of them before any is missed, so that everything is fetched at once.
      const parts = expr.terms.map((term) => this.get(term));
      const present = parts.filter((bits) => bits !== null);
      if (present.length < parts.length) return null;
      return present.reduce(expr.op === "and" ? and : or);
    }
    return this.term(expr, n);
  }

  private term(expr: Expr, n: number): Bitset | null {
    const { data } = this;
    const inputs: unknown[] = [n];
    let elsewhere = false;
    const table: Table = {
      n,
      column: (name) => {
        const column = data.columnNamed(name);
        const values = column?.shipped ? data.column(column) : null;
        if (!column?.shipped || data.columnError(column)) elsewhere = true;
        inputs.push(values);
        return values;
      },
      projection: (name) => {
        if (!data.hasProjection(name)) elsewhere = true;
        const points = data.projection(name);
        inputs.push(points);
        return points;
      },
      recipe: (name) => {
        const recipe = data.recipeOf(name);
        inputs.push(recipe);
        return recipe;
      },
    };
    const lack = lacking(expr, table);
    if (lack) return elsewhere || lack.kernel.length > 0 ? data.remoteMask(expr) : null;
    const kept = this.kept.get(expr);
    if (kept?.inputs.every((input, i) => input === inputs[i])) return kept.bits;
    const remembered = [...inputs];
    const bits = evaluate(expr, table);
    this.kept.set(expr, { inputs: remembered, bits });
    return bits;
  }
}
