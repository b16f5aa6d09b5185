/** The largest number of values of a label. Operators choose some label values. Further values are counted under `other`. */
const MOST_VALUES = 500;
const OTHER = 'other';

type Tree<S> = Map<string, Tree<S> | S>;

/**
 * The time series of one metric by their label values. A lookup creates no objects. Code that counts often should keep the series.
 *
 * Label values never come from users. They are codes of the program or names that operators chose, and their number is limited.
 */
export class SeriesByLabels<S> {
  private readonly tree: Tree<S> = new Map();
  private readonly seen: readonly Set<string>[];
  /** The only series, if there are no labels. */
  private only?: S;

  constructor(
    readonly labels: readonly string[],
    private readonly create: () => S,
  ) {
    this.seen = labels.map(() => new Set());
  }

  /** @param values one for each label, in their order */
  of(...values: readonly string[]): S {
    if (this.labels.length === 0) return (this.only ??= this.create());
    let node: Tree<S> | S = this.tree;
    for (let depth = 0; depth < this.labels.length; depth += 1) {
      const branch = node as Tree<S>;
      const value = this.bounded(values[depth]!, depth);
      let next = branch.get(value);
      if (next === undefined) {
        next = depth === this.labels.length - 1 ? this.create() : new Map();
        branch.set(value, next);
      }
      node = next;
    }
    return node as S;
  }

  *entries(): Generator<[Record<string, string>, S]> {
    if (this.only !== undefined) yield [{}, this.only];
    yield* this.walk(this.tree, {}, 0);
  }

  private bounded(value: string, depth: number): string {
    const seen = this.seen[depth]!;
    if (seen.has(value)) return value;
    if (seen.size >= MOST_VALUES) return OTHER;
    seen.add(value);
    return value;
  }

  private *walk(tree: Tree<S>, labels: Record<string, string>, depth: number): Generator<[Record<string, string>, S]> {
    for (const [value, node] of tree) {
      const named = { ...labels, [this.labels[depth]!]: value };
      if (depth === this.labels.length - 1) yield [named, node as S];
      else yield* this.walk(node as Tree<S>, named, depth + 1);
    }
  }
}
