import type { DescMethod } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { hostileMessages, type PlausibleValues } from './hostile-message.ts';
import { mutated } from './mutate.ts';
import { randomWire } from './random-wire.ts';

/** A call of a method. */
export interface TriedCall {
  /** The method's name: `Join`. */
  method: string;
  /** One, but of a client's stream any number. */
  messages: readonly Uint8Array[];
  /** After how many messages the caller goes away, when it is a server's stream. */
  maxAnswers: number;
  /** Whether it stays when nothing comes for a while. Default: false. */
  isPatient?: boolean;
}

/** One call that is tried. */
export interface RequestCase extends TriedCall {
  /** How its messages were made. */
  strategy: string;
}

/** What is known of a service that runs, so that requests can be like those of real use. */
export interface KnownRequests {
  plausible: PlausibleValues;
  /** Of each method, by its name: requests that are answered in real use. */
  real: Readonly<Record<string, readonly Uint8Array[]>>;
}

/**
 * Calls of all of a service's methods, by every strategy.
 *
 * @throws Error when a method has no requests of real use: one that is new gets them where the others have theirs
 */
export function requestCases(methods: readonly DescMethod[], known: KnownRequests): fc.Arbitrary<RequestCase> {
  return fc.oneof(...methods.map((method) => casesOf(method, known)));
}

function casesOf({ name, input, methodKind }: DescMethod, { plausible, real }: KnownRequests) {
  const requests = real[name] ?? [];
  if (requests.length === 0) throw new Error(`${name} is not fuzzed: it has no requests of real use`);
  const whole = fc.constantFrom(...requests);
  const hostile = hostileMessages(input, plausible);
  const strategies: [name: string, weight: number, messages: fc.Arbitrary<Uint8Array>][] = [
    ['random bytes', 1, fc.oneof(fc.uint8Array({ maxLength: 24 }), fc.uint8Array({ maxLength: 200 }))],
    ['random structure', 2, randomWire],
    ['hostile values', 4, hostile],
    ['mutated real use', 4, mutated(whole)],
    ['mutated hostile values', 1, mutated(hostile)],
    ['real use', 1, whole],
  ];
  return fc.oneof(
    ...strategies.map(([strategy, weight, message]) => ({
      weight,
      arbitrary: fc.record<RequestCase>({
        method: fc.constant(name),
        strategy: fc.constant(strategy),
        messages: messagesOf(message, whole, methodKind === 'client_streaming' || methodKind === 'bidi_streaming'),
        maxAnswers: fc.integer({ min: 1, max: 3 }),
      }),
    })),
  );
}

/** What a stream begins with decides what becomes of the rest, so that half of them begin as in real use. */
function messagesOf(
  message: fc.Arbitrary<Uint8Array>,
  whole: fc.Arbitrary<Uint8Array>,
  isStream: boolean,
): fc.Arbitrary<readonly Uint8Array[]> {
  if (!isStream) return fc.tuple(message);
  const any = fc.array(message, { maxLength: 3 });
  return fc.oneof(
    any,
    fc.tuple(whole, any).map(([first, others]) => [first, ...others]),
  );
}
