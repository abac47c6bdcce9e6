import { join } from 'node:path';
import type { SearchPage } from '@cardume/client';
import type { IndexOptions } from '@cardume/index';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { debianNames } from '../../../tests/support/debian-names.ts';
import { describeWith } from '../../../tests/support/describe-with.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { until } from '../../../tests/support/until.ts';
import { joinInput, listed } from './support/listed.ts';
import { findPostgres, type PostgresServer, startPostgres } from './support/postgres-server.ts';
import { startTestIndex, type TestIndex } from './support/test-index.ts';

const names = debianNames();
const namesPerMessage = 2_000;

/** What somebody types, and the package whose file he means. */
const golden: [string, string][] = [
  ['bash', 'bash'],
  ['BASH', 'bash'],
  ['bash ext:deb', 'bash'],
  ['linux image amd64', 'linux-image-amd64'],
  ['"linux-headers" amd64 -rt -cloud', 'linux-headers-amd64'],
  ['firefox', 'firefox-esr'],
  ['thunderbird', 'thunderbird'],
  ['chromium', 'chromium'],
  ['python3 numpy', 'python3-numpy'],
  ['numpy python3', 'python3-numpy'],
  ['Python3.11', 'python3.11'],
  ['nginx', 'nginx'],
  ['apache2 utils', 'apache2-utils'],
  ['libc6', 'libc6'],
  ['libstdc++6', 'libstdc++6'],
  ['gcc-12', 'gcc-12'],
  ['rustc', 'rustc'],
  ['cargo', 'cargo'],
  ['golang-1.19-go', 'golang-1.19-go'],
  ['vim', 'vim'],
  ['emacs', 'emacs'],
  ['git', 'git'],
  ['curl', 'curl'],
  ['rsync', 'rsync'],
  ['gimp', 'gimp'],
  ['inkscape', 'inkscape'],
  ['blender', 'blender'],
  ['imagemagick', 'imagemagick'],
  ['ffmpeg', 'ffmpeg'],
  ['vlc', 'vlc'],
  ['openjdk jre headless', 'openjdk-17-jre-headless'],
  ['openjdk 17 jdk -headless', 'openjdk-17-jdk'],
  ['nodejs', 'nodejs'],
  ['perl', 'perl'],
  ['perl doc', 'perl-doc'],
  ['php8.2 fpm', 'php8.2-fpm'],
  ['r-cran ggplot2', 'r-cran-ggplot2'],
  ['r-base', 'r-base'],
  ['octave', 'octave'],
  ['maxima', 'maxima'],
  ['texlive lang german', 'texlive-lang-german'],
  ['tex*live*full', 'texlive-full'],
  ['kde plasma desktop', 'kde-plasma-desktop'],
  ['gnome shell', 'gnome-shell'],
  ['xorg', 'xorg'],
  ['x11 apps', 'x11-apps'],
  ['mesa vulkan', 'mesa-vulkan-drivers'],
  ['openssh-server', 'openssh-server'],
  ['sqlite3', 'sqlite3'],
  ['postgresql client 15', 'postgresql-client-15'],
  ['mariadb server', 'mariadb-server'],
  ['redis', 'redis'],
  ['memcached', 'memcached'],
  ['postfix', 'postfix'],
  ['dovecot imapd', 'dovecot-imapd'],
  ['libreoffice writer', 'libreoffice-writer'],
  ['wireshark', 'wireshark'],
  ['docker.io', 'docker.io'],
  ['tmux', 'tmux'],
  ['screen', 'screen'],
  ['htop', 'htop'],
  ['strace', 'strace'],
  ['gdb', 'gdb'],
  ['valgrind', 'valgrind'],
  ['cmake', 'cmake'],
  ['ninja', 'ninja-build'],
  ['make', 'make'],
  ['autoconf', 'autoconf'],
  ['fonts noto cjk', 'fonts-noto-cjk'],
  ['fonts-dejavu', 'fonts-dejavu'],
  ['manpages de', 'manpages-de'],
  ['aspell en', 'aspell-en'],
  ['sudo', 'sudo'],
  ['systemd', 'systemd'],
  ['udev', 'udev'],
  ['dbus', 'dbus'],
  ['libssl dev', 'libssl-dev'],
  ['libssl*dev', 'libssl-dev'],
  ['zsh -dev -doc', 'zsh'],
  ['hello', 'hello'],
  ['cowsay', 'cowsay'],
  ['sl', 'sl'],
  ['bc', 'bc'],
  ['jq', 'jq'],
  ['qemu system x86', 'qemu-system-x86'],
  ['libvirt daemon', 'libvirt-daemon'],
  ['cryptsetup', 'cryptsetup'],
  ['lvm2', 'lvm2'],
];

/** What somebody mistypes, and what he meant. */
const mistyped: [string, string][] = [
  ['libreofice', 'libreoffice'],
  ['postgersql', 'postgresql'],
  ['firefx', 'firefox'],
  ['kernal', 'kernel'],
  ['chromum', 'chromium'],
  ['thunderbrid', 'thunderbird'],
  ['pyhton', 'python'],
  ['gimpp', 'gimp'],
  ['wiresharc', 'wireshark'],
  ['imagemagik', 'imagemagick'],
  ['ngnix', 'nginx'],
  ['inkscpae', 'inkscape'],
  ['ffmepg', 'ffmpeg'],
  ['systmed', 'systemd'],
  ['libreofice writer', 'libreoffice writer'],
  ['linux-imgae amd64 -rt', 'linux-image amd64 -rt'],
  ['postgrsql client ext:deb', 'postgresql client ext:deb'],
  ['writer firefox libreoffice', 'writer libreoffice'],
];

describeWith({ name: 'apt', command: names && 'apt-get' }, 'the names of all Debian packages, on SQLite', () => {
  // In a file, so that threads search it, as they do in use.
  const folder = temporaryFolder();
  describeGolden(async () => ({ database: `sqlite:${join(folder, 'index.db')}` }));
});

const both = names && findPostgres();
describeWith(
  { name: 'apt and PostgreSQL', command: both },
  'the names of all Debian packages, on PostgreSQL',
  (binaries) => {
    let server: PostgresServer;
    beforeAll(async () => {
      server = await startPostgres(binaries);
    });
    describeGolden(async () => ({ database: await server.newDatabase() }));
    // After the index.
    afterAll(() => server.remove());
  },
);

/** What searches over all those names find. */
function describeGolden(options: () => Promise<IndexOptions>): void {
  let cardume: TestIndex;

  beforeAll(async () => {
    // Nobody renews it, however long the list takes.
    cardume = await startTestIndex({ leaseTtlMs: 600_000, ...(await options()) });
    const lease = await cardume.index.join(joinInput([]));
    const all = names ?? [];
    const messages = Array.from({ length: Math.ceil(all.length / namesPerMessage) }, (_, at) => ({
      added: all.slice(at * namesPerMessage, (at + 1) * namesPerMessage).map((name) => listed(name)),
    }));
    const { fileCount } = await cardume.index.publish(lease, messages);
    expect(fileCount).toBe(all.length);
    expect(fileCount).toBeGreaterThan(50_000);
  }, 120_000);
  afterAll(async () => {
    await cardume[Symbol.asyncDispose]();
  });

  test.each(golden)('"%s" finds %s first', async (query, expected) => {
    const { hits } = await cardume.index.search({ query, pageSize: 5 });
    const packages = hits.map(({ name }) => name.slice(name.lastIndexOf('/') + 1).split('_')[0]);
    expect(packages[0]).toBe(expected);
  });

  test.each(mistyped)('"%s" finds nothing, and %s is suggested first', async (query, expected) => {
    const found = await until('something to be suggested', async () => {
      const { hits, suggestions } = await cardume.index.search({ query });
      // On a busy machine, the time that it may take is sometimes over before.
      return suggestions.length > 0 && { hits, first: suggestions[0] };
    });
    expect(found).toEqual({ hits: [], first: expected });
  });

  test('a page after the other has each hit once, in the order of one large page', async () => {
    const query = 'lib*ssl*dev';
    const whole = await cardume.index.search({ query, pageSize: 500 });
    const paged: string[] = [];
    for (let pageToken: string | undefined = ''; pageToken !== undefined; ) {
      const page: SearchPage = await cardume.index.search({ query, pageSize: 7, pageToken });
      paged.push(...page.hits.map(({ name }) => name));
      pageToken = page.nextPageToken;
    }
    expect(whole.hits.length).toBeGreaterThan(20);
    expect(paged).toEqual(whole.hits.map(({ name }) => name));
  });
}
