import { printable, type Transfer, type TransferSource } from '@cardume/client';
import { plural } from '../units/plural.ts';
import { rateText, roundTripText } from './rate-text.ts';

/** One source is slow when it brings less than this part of what the fastest one does. */
const slowShare = 0.25;
/** From there on the time of a round trip is worth a word. */
const longPathMs = 50;
/** Of so many sources each kind of trouble is told; of more, how many more there are. */
const maxNamed = 5;

/**
 * Says what each source of a download has to do with its rate: safe to print, the most important first.
 *
 * @param isBoundHere whether something of this machine bounds the rate already, so that more holders would not raise it
 */
export function explainSources({ sources, bytesPerSecond }: Transfer, isBoundHere: boolean): string[] {
  const asked = sources.filter(({ state }) => state === 'asked');
  const stalled = asked.filter(({ isStalled }) => isStalled);
  const moving = asked.filter(({ isStalled }) => !isStalled);
  const fastest = Math.max(0, ...moving.map(({ bytesPerSecond: rate = 0 }) => rate));
  const slow = moving.filter(({ bytesPerSecond: rate }) => rate !== undefined && rate < fastest * slowShare);
  return [
    ...(isBoundHere ? [] : alone(moving, sources, bytesPerSecond)),
    ...named(stalled, (one) => `${who(one)} brings nothing at the moment: it is asked, and silent${away(one)}.`),
    ...named(
      slow,
      (one) =>
        `${who(one)} is slow: it brings ${rateText(one.bytesPerSecond)}${away(one)}; the fastest source ${rateText(fastest)}.`,
    ),
    ...named(
      sources.filter(({ state, failure }) => state === 'resting' && failure?.reason === 'LIMIT_REACHED'),
      (one) => `${who(one)}: its upload slots are full; it is asked again (${failureText(one)}).`,
    ),
    ...named(
      sources.filter(({ state, failure }) => state === 'resting' && failure?.reason !== 'LIMIT_REACHED'),
      (one) => `${who(one)} failed, and is asked again: ${failureText(one)}.`,
    ),
    ...named(
      sources.filter(({ state }) => state === 'dropped'),
      (one) => `${who(one)} is not asked any more: ${failureText(one)}.`,
    ),
    ...named(
      asked.filter(({ path }) => path === 'relayed'),
      (one) => `${who(one)} cannot be reached directly: its bytes come through a relay.`,
    ),
  ];
}

/** When one alone brings all, there is nobody else whom that could be laid at the door of. */
function alone(moving: readonly TransferSource[], all: readonly TransferSource[], rate: number | undefined): string[] {
  const [only, ...others] = moving;
  if (only === undefined || others.length > 0) return [];
  const whole =
    all.length === 1 ? 'It is the only source' : `Of ${plural(all.length, 'source')} only one brings anything now`;
  const partial = only.partial ? ', which had only some pieces itself when it was asked first' : '';
  const speed = rateText(only.bytesPerSecond ?? rate);
  return [`${whole}${partial}: ${who(only)} brings ${speed}${away(only)}. More holders would make it faster.`];
}

function named(sources: readonly TransferSource[], sentence: (source: TransferSource) => string): string[] {
  const more = sources.length - maxNamed;
  return [...sources.slice(0, maxNamed).map(sentence), ...(more > 0 ? [`… and ${more} more like that.`] : [])];
}

function who({ address }: TransferSource): string {
  return printable(address);
}

function away({ roundTripMs, path }: TransferSource): string {
  const how = path === 'direct' ? '' : `, ${path}`;
  return roundTripMs === undefined || roundTripMs < longPathMs ? how : `, ${roundTripText(roundTripMs)} away${how}`;
}

function failureText({ failure }: TransferSource): string {
  return failure === undefined ? 'it does not say why' : printable(failure.message);
}
