import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** How a namespace becomes a router with NAT that lets nothing in; the first way that works in this kernel. */
export interface NatRules {
  name: string;
  /** The commands to run there. @param outer the device that leads out */
  commands(outer: string): string[][];
}

const nft: NatRules = {
  name: 'nft',
  commands: (outer) => [
    ['nft', 'add', 'table', 'ip', 'lab'],
    ['nft', 'add', 'chain', 'ip', 'lab', 'out', '{ type nat hook postrouting priority 100 ; }'],
    ['nft', 'add', 'rule', 'ip', 'lab', 'out', 'oifname', outer, 'masquerade'],
    ['nft', 'add', 'chain', 'ip', 'lab', 'through', '{ type filter hook forward priority 0 ; }'],
    ['nft', 'add', 'chain', 'ip', 'lab', 'in', '{ type filter hook input priority 0 ; }'],
    ...['through', 'in'].flatMap((chain) => [
      ['nft', 'add', 'rule', 'ip', 'lab', chain, 'iifname', outer, 'ct', 'state', 'established,related', 'accept'],
      ['nft', 'add', 'rule', 'ip', 'lab', chain, 'iifname', outer, 'drop'],
    ]),
  ],
};

function iptables(command: string): NatRules {
  return {
    name: command,
    commands: (outer) => [
      [command, '-t', 'nat', '-A', 'POSTROUTING', '-o', outer, '-j', 'MASQUERADE'],
      ...['FORWARD', 'INPUT'].flatMap((chain) => [
        [command, '-A', chain, '-i', outer, '-m', 'conntrack', '--ctstate', 'ESTABLISHED,RELATED', '-j', 'ACCEPT'],
        [command, '-A', chain, '-i', outer, '-j', 'DROP'],
      ]),
    ],
  };
}

/** The way that works here; undefined: there is none, or no right to make namespaces. */
export const natRules: NatRules | undefined = findNatRules();

function findNatRules(): NatRules | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return undefined;
  return [nft, iptables('iptables'), iptables('iptables-legacy')].find(works);
}

/** Tries the rules in a namespace of their own. */
function works(rules: NatRules): boolean {
  const namespace = `cardume-${process.pid}-try`;
  if (spawnSync('ip', ['netns', 'add', namespace], { stdio: 'ignore' }).status !== 0) return false;
  try {
    return rules
      .commands('lo')
      .every((command) => spawnSync('ip', ['netns', 'exec', namespace, ...command], { stdio: 'ignore' }).status === 0);
  } finally {
    execFileSync('ip', ['netns', 'delete', namespace], { stdio: 'ignore' });
  }
}

const hasPython = spawnSync('python3', ['--version'], { stdio: 'ignore' }).status === 0;

/** What is missing to run the laboratory here; undefined when nothing is. */
export const labTool = {
  name: 'root, Linux with /dev/net/tun, iproute2, python3, and nftables or iptables with NAT',
  command: existsSync('/dev/net/tun') && hasPython ? natRules?.name : undefined,
};
