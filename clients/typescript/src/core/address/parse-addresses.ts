import { CardumeError } from '../../errors/cardume-error.ts';
import { type Address, formatAddress, parseAddress } from './address.ts';

/** How many addresses of one index may be given: more replicas stand behind a name or a load balancer. */
export const maxIndexAddresses = 16;

/** An index, by one address or several with commas between: see {@link parseAddresses}. */
export type Addresses = readonly [Address, ...Address[]];

/**
 * Reads the addresses of one index, the preferred one first: `HOST:PORT,HOST:PORT`, or one.
 *
 * @param what what the text is, for the message: `--index`
 * @throws CardumeError INVALID_FIELD when one is none, or is there twice, or there are more than 16
 */
export function parseAddresses(text: string, what: string, defaultPort?: number): Addresses {
  const parts = text.split(',');
  // Before any of them is looked at: the text may be of any length.
  checkCount(parts, what);
  const [first = '', ...others] = parts.map((part) => part.trim());
  const parse = (part: string): Address => {
    if (part === '')
      throw CardumeError.invalidField(what, `"${text}" has no address at one place; write HOST:PORT,HOST:PORT`);
    return parseAddress(part, what, defaultPort);
  };
  return checkAddresses([parse(first), ...others.map(parse)], what);
}

/**
 * Checks the addresses of one index.
 *
 * @throws CardumeError INVALID_FIELD when there is none, or one is there twice, or there are more than 16
 */
export function checkAddresses(addresses: Addresses, what: string): Addresses {
  checkCount(addresses, what);
  const seen = new Set<string>();
  for (const address of addresses.map(formatAddress)) {
    if (seen.has(address)) throw CardumeError.invalidField(what, `names ${address} twice`);
    seen.add(address);
  }
  return addresses;
}

function checkCount({ length }: readonly unknown[], what: string): void {
  if (length === 0) throw CardumeError.invalidField(what, 'has no address; give HOST:PORT');
  if (length > maxIndexAddresses) {
    throw CardumeError.invalidField(what, `has ${length} addresses; give at most ${maxIndexAddresses}`);
  }
}
