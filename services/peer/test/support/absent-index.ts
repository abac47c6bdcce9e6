/** Where nobody listens: tests that need no index use it. */
export const absentIndex = '127.0.0.1:1';
