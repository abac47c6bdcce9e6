import { defaultIndexPort } from '@cardume/client';
import { describe, expect, test } from '@jest/globals';
import { CommanderError } from 'commander';
import type { ReportFlags } from '../src/actions/report-failure.ts';
import type { ConfigFile } from '../src/adapters/read-config.ts';
import { defaultIndexAddress } from '../src/core/settings/default-index-address.ts';
import { createProgram } from '../src/program.ts';

interface Parsed {
  flags: Record<string, unknown> | undefined;
  stderr: string;
}

/** Parses a command line as the command does, but runs nothing. */
async function parse(args: string[], env: Record<string, string> = {}, content?: unknown): Promise<Parsed> {
  const parsed: Parsed = { flags: undefined, stderr: '' };
  const config: ConfigFile | undefined = content === undefined ? undefined : { path: 'config.json', content };
  const program = createProgram({
    version: '0.0.0',
    env,
    readConfig: async () => config,
    run: async (flags: ReportFlags) => {
      parsed.flags = { ...flags };
    },
  });
  for (const command of [program, ...program.commands]) {
    const writeErr = (text: string): void => {
      parsed.stderr += text;
    };
    command.configureOutput({ writeErr, writeOut: () => {} });
  }
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
  }
  return parsed;
}

describe('a setting', () => {
  test('comes from the flag before the variable, from that before the file, from that before the default', async () => {
    const env = { CARDUME_INDEX: 'variable:1' };
    const file = { index: 'file:1' };
    expect((await parse(['peers', '--index', 'flag:1'], env, file)).flags).toMatchObject({ index: ['flag:1'] });
    expect((await parse(['peers'], env, file)).flags).toMatchObject({ index: ['variable:1'] });
    expect((await parse(['peers'], {}, file)).flags).toMatchObject({ index: ['file:1'] });
    expect((await parse(['peers'])).flags).toMatchObject({ index: ['127.0.0.1:50051'] });
  });

  test('is parsed and checked wherever it comes from', async () => {
    expect((await parse(['index'], { CARDUME_LEASE: '2m' })).flags).toMatchObject({ lease: 120_000 });
    expect((await parse(['index'], {}, { lease: '2m' })).flags).toMatchObject({ lease: 120_000 });
    expect((await parse(['search', 'x'], {}, { limit: 7 })).flags).toMatchObject({ limit: 7 });
    expect((await parse(['get', 'x'], { CARDUME_LIMIT_DOWN: '10MiB/s' })).flags).toMatchObject({
      limitDown: 10_485_760,
    });
    expect((await parse(['share', 'x'], {}, { limitUp: '50MB/s' })).flags).toMatchObject({ limitUp: 50_000_000 });
    expect((await parse(['share', 'x'], { CARDUME_LIMIT_UP: '0' })).stderr).toMatch(
      /CARDUME_LIMIT_UP: "0" is no rate. Write a rate/,
    );
    const shared = await parse(['share', 'x'], { CARDUME_SLOTS: '4' }, { limitUpEach: '1MB/s,22:00-06:00=all' });
    expect(shared.flags).toMatchObject({
      slots: 4,
      limitUpEach: { bytesPerSecond: 1_000_000, windows: [{ fromMinute: 1_320, toMinute: 360 }] },
    });
    expect((await parse(['index'], { CARDUME_LEASE: 'soon' })).stderr).toMatch(/CARDUME_LEASE: Write a duration/);
    expect((await parse(['index'], {}, { lease: 'soon' })).stderr).toMatch(/config\.json: lease: Write a duration/);
    expect((await parse(['index'], {}, { logLevel: 'loud' })).stderr).toMatch(
      /config\.json: logLevel: Allowed choices/,
    );
  });

  test('that is a switch is on only when its variable says so', async () => {
    expect((await parse(['index'], { CARDUME_INSECURE: 'true' })).flags).toMatchObject({ insecure: true });
    expect((await parse(['index'], { CARDUME_INSECURE: 'false' })).flags).toMatchObject({ insecure: false });
    expect((await parse(['index'], { CARDUME_INSECURE: '' })).flags).not.toHaveProperty('insecure');
    expect((await parse(['index'], { CARDUME_INSECURE: 'maybe' })).stderr).toMatch(/CARDUME_INSECURE: .* not true or/);
  });

  test('that is a list has one value in each line of its variable, or a list in the file', async () => {
    const flag = await parse(['share', 'a', '--exclude', '*.tmp', '--exclude', '.git']);
    expect(flag.flags).toMatchObject({ exclude: ['*.tmp', '.git'] });
    expect((await parse(['share', 'a'], { CARDUME_EXCLUDE: '*.tmp\n.git\n' })).flags).toMatchObject({
      exclude: ['*.tmp', '.git'],
    });
    expect((await parse(['share', 'a'], {}, { exclude: ['*.tmp'] })).flags).toMatchObject({ exclude: ['*.tmp'] });
    expect((await parse(['share', 'a'], {}, { exclude: [1] })).stderr).toMatch(/exclude: it must be a list of texts/);
  });

  test('that is a list with a default has none of it when anything is given, be that the same', async () => {
    const flags = await parse(['peers', '--index', defaultIndexAddress, '--index', 'b:1', '--index', 'c:1,d:1']);
    expect(flags.flags).toMatchObject({ index: [defaultIndexAddress, 'b:1', 'c:1,d:1'] });
    expect((await parse(['peers'], { CARDUME_INDEX: 'a:1,b:1' })).flags).toMatchObject({ index: ['a:1,b:1'] });
    expect((await parse(['peers'], { CARDUME_INDEX: 'a:1\nb:1' })).flags).toMatchObject({ index: ['a:1', 'b:1'] });
    expect((await parse(['peers'], {}, { index: ['a:1', 'b:1'] })).flags).toMatchObject({ index: ['a:1', 'b:1'] });
    const both = await parse(['peers', '--index', 'flag:1'], { CARDUME_INDEX: 'a:1,b:1' }, { index: ['c:1'] });
    expect(both.flags).toMatchObject({ index: ['flag:1'] });
  });

  test('of another command is no mistake in the file, an unknown one is', async () => {
    expect((await parse(['peers'], {}, { lease: '2m', output: 'x' })).flags).toBeDefined();
    const { flags, stderr } = await parse(['peers'], {}, { indx: 'x' });
    expect(flags).toBeUndefined();
    expect(stderr).toMatch(/config\.json: there is no setting "indx"; known are .*index/);
  });

  test.each([[[]], [null], ['text'], [7]])('cannot come from a file that holds %j', async (content) => {
    expect((await parse(['peers'], {}, content)).stderr).toMatch(/config\.json: it must be one JSON object/);
  });

  test.each([
    [{ index: true }, /index: it must be a text/],
    [{ index: { host: 'x' } }, /index: it must be a text/],
    [{ json: 'true' }, /json: it must be true or false/],
  ])('of a wrong type in the file is refused: %j', async (content, problem) => {
    expect((await parse(['peers'], {}, content)).stderr).toMatch(problem);
  });
});

test('the default index is on the port that the client takes for the usual one', () => {
  expect(defaultIndexAddress).toBe(`127.0.0.1:${defaultIndexPort}`);
});

test('every setting names its variable in the help of its command', () => {
  const program = createProgram({ version: '0', env: {}, readConfig: async () => undefined, run: async () => {} });
  const share = program.commands.find((command) => command.name() === 'share');
  for (const name of [
    'INDEX',
    'LISTEN',
    'ADVERTISE',
    'NAME',
    'EXCLUDE',
    'STATE',
    'LIMIT_UP',
    'INSECURE',
    'LOG_LEVEL',
    'JSON',
  ]) {
    expect(share?.helpInformation()).toContain(`CARDUME_${name}]`);
  }
});
