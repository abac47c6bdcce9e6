// The one-way order of packages and layers (docs/architecture.md). An arrow that runs back up fails `make check`.
const only = (name, from, allowed) => ({
  name,
  severity: 'error',
  comment: `${from} may import, of our own packages, only ${allowed.join(', ') || 'itself'}`,
  from: { path: `^${from}/(src|cardume|gen)/` },
  to: { path: '^(proto|clients|services|bench|tests|scripts)/', pathNot: [from, ...allowed].map((p) => `^${p}/`) },
});

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    only('proto-imports-nothing', 'proto', []),
    only('client-order', 'clients/typescript', ['proto']),
    only('kit-order', 'services/kit', ['clients/typescript', 'proto']),
    only('index-order', 'services/index', ['services/kit', 'clients/typescript', 'proto']),
    only('peer-order', 'services/peer', ['services/kit', 'clients/typescript', 'proto']),
    only('command-order', 'clients/cli', ['clients/typescript', 'services/index', 'services/peer']),
    {
      name: 'packages-through-their-entry',
      severity: 'error',
      comment:
        'another package is imported by its name, never by a path, not even to its entry; tests and scripts, too',
      from: { path: '^(proto|(?:clients|services)/[^/]+|tests|scripts|bench)/' },
      // What a name leads to is the same file, but found through a workspace or an export.
      to: {
        path: '^(proto|clients|services)/',
        pathNot: '^$1/',
        dependencyTypes: ['local'],
        dependencyTypesNot: ['aliased-workspace'],
      },
    },
    {
      name: 'command-commands-know-actions',
      severity: 'error',
      comment: 'in the command: program → commands → actions → core, adapters',
      from: { path: '^clients/cli/src/commands/' },
      to: { path: '^clients/cli/src/', pathNot: '^clients/cli/src/(commands|actions|core)/' },
    },
    {
      name: 'command-actions-know-no-commands',
      severity: 'error',
      comment: 'in the command: program → commands → actions → core, adapters',
      from: { path: '^clients/cli/src/actions/' },
      to: { path: '^clients/cli/src/', pathNot: '^clients/cli/src/(actions|core|adapters)/' },
    },
    {
      name: 'command-adapters-know-the-core',
      severity: 'error',
      comment: 'in the command: program → commands → actions → core, adapters',
      from: { path: '^clients/cli/src/adapters/' },
      to: { path: '^clients/cli/src/', pathNot: '^clients/cli/src/(adapters|core)/' },
    },
    {
      name: 'core-is-pure',
      severity: 'error',
      comment: 'the core does no I/O: no sockets, files, clocks or processes (crypto only computes)',
      from: { path: '/src/core/' },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?(crypto|buffer|util)$' },
    },
    {
      name: 'core-imports-core',
      severity: 'error',
      comment: 'handlers → core ← adapters',
      from: { path: '^([^/]+/[^/]+)/src/core/' },
      to: { path: '^$1/src/', pathNot: '^$1/src/(core|errors)/' },
    },
    {
      name: 'core-has-no-transport',
      severity: 'error',
      from: { path: '/src/core/' },
      to: { path: 'node_modules/(nice-grpc|@grpc|pino|piscina|prom-client)' },
    },
    {
      name: 'adapters-know-no-handlers',
      severity: 'error',
      from: { path: '/src/adapters/' },
      to: { path: '/src/handlers/' },
    },
    {
      name: 'handlers-know-no-adapters',
      severity: 'error',
      comment: 'handlers get their collaborators passed in',
      from: { path: '/src/handlers/' },
      to: { path: '/src/adapters/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
