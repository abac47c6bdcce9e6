/**
 * Where a caller is, for what is counted together: its host. Of an IPv6 address the network (/64), since whoever has one
 * address of it has all of them.
 *
 * @param host an IP address; undefined when the transport says none
 */
export function callerPlace(host: string | undefined): string {
  if (host === undefined) return 'unknown';
  if (!host.includes(':')) return host;
  const [before = '', after = ''] = host.replace(/%.*$/, '').split('::');
  const head = groupsOf(before);
  const zeros = Array.from({ length: Math.max(0, 8 - head.length - groupsOf(after).length) }, () => '0');
  const groups = host.includes('::') ? [...head, ...zeros, ...groupsOf(after)] : head;
  const network = groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16));
  return `${network.join(':')}::/64`;
}

function groupsOf(text: string): string[] {
  return text === '' ? [] : text.split(':');
}
