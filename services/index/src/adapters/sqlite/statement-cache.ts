/**
 * How many statements are kept. Searches differ in how many words they have and which filters they set; those in use
 * at a time are some dozens.
 */
export const maxCachedStatements = 128;

/**
 * Keeps prepared statements by their text: preparing one takes longer than most searches by an index do. The one that
 * was asked for the longest ago goes when there are too many.
 */
export function createStatementCache<Statement>(prepare: (sql: string) => Statement): (sql: string) => Statement {
  const statements = new Map<string, Statement>();
  return (sql) => {
    const statement = statements.get(sql) ?? prepare(sql);
    // A map keeps the order of insertion, so that the first one is always the one to go.
    statements.delete(sql);
    statements.set(sql, statement);
    if (statements.size > maxCachedStatements) {
      const [oldest = sql] = statements.keys();
      statements.delete(oldest);
    }
    return statement;
  };
}
