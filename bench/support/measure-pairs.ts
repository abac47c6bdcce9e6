/** One way to do something: does it once and says how much it did per second. */
export type Measured = () => Promise<number>;

/** What several rounds of two ways gave, in the unit of the measurement. */
export interface PairResult {
  ours: number[];
  plain: number[];
  /** Ours divided by the plain one of the same round. */
  ratios: number[];
}

/**
 * Measures two ways in turn, since a shared machine is now fast and now slow: only the two of a round can be compared.
 * Who goes first alternates, and a round that warms up is not counted.
 */
export async function measurePairs(rounds: number, ours: Measured, plain: Measured): Promise<PairResult> {
  const result: PairResult = { ours: [], plain: [], ratios: [] };
  for (let round = -1; round < rounds; round++) {
    const oursFirst = round % 2 === 0;
    const first = await (oursFirst ? ours() : plain());
    const second = await (oursFirst ? plain() : ours());
    if (round < 0) continue;
    const [ourValue, plainValue] = oursFirst ? [first, second] : [second, first];
    result.ours.push(ourValue);
    result.plain.push(plainValue);
    result.ratios.push(ourValue / plainValue);
  }
  return result;
}
