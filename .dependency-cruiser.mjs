/** The borders of DESIGN: what may import what. */
const lib = (name) => `^libs/${name}/`;
const base = '^libs/(problem-details|observability|configuration)/';

export default {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'no-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'libs-know-no-app',
      severity: 'error',
      from: { path: '^libs/' },
      to: { path: '^apps/' },
    },
    {
      name: 'apps-know-no-other-app',
      severity: 'error',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'base-libs-use-no-other',
      severity: 'error',
      from: { path: base },
      to: { path: '^libs/', pathNot: ['^libs/$1/', base] },
    },
    {
      name: 'libs-by-their-index',
      comment: 'A lib is entered by its index alone.',
      severity: 'error',
      from: { path: '^(apps|test|libs/([^/]+))/' },
      to: { path: '^libs/[^/]+/src/', pathNot: ['^libs/[^/]+/src/index\\.ts$', '^libs/$2/'] },
    },
    {
      name: 'encryption-sdk-in-encryption-alone',
      severity: 'error',
      from: { pathNot: [lib('encryption'), '^test/vectors/'] },
      to: { path: 'node_modules/@aws-crypto/(client|kms|branch|material|serialize)' },
    },
    {
      name: 'document-client-in-phi-table-alone',
      severity: 'error',
      from: { pathNot: [lib('phi-table'), '^test/'] },
      to: { path: 'node_modules/@aws-sdk/lib-dynamodb' },
    },
    {
      name: 'lmdb-in-its-adapters-alone',
      severity: 'error',
      // The bench holds the table against it.
      from: { pathNot: [lib('phi-table'), lib('encryption'), '^apps/phi-recovery/', '^test/bench/table/'] },
      to: { path: 'node_modules/lmdb/' },
    },
    {
      name: 'x509-in-tls-alone',
      severity: 'error',
      from: { pathNot: lib('tls') },
      to: { path: 'node_modules/@peculiar/' },
    },
    {
      name: 'recovery-stands-alone',
      comment:
        'It proves that our messages can be read by other means, so it may use none of ours and no SDK.',
      severity: 'error',
      from: { path: '^apps/phi-recovery/src/', pathNot: '\\.spec\\.ts$' },
      to: {
        path: ['^libs/', '^apps/', '^test/', 'node_modules/'],
        pathNot: ['^apps/phi-recovery/src/', 'node_modules/(lmdb|commander|@types/node)/'],
      },
    },
    {
      name: 'bedrock-in-pii-screening-alone',
      severity: 'error',
      from: { pathNot: lib('pii-screening') },
      to: { path: 'node_modules/@aws-sdk/client-bedrock' },
    },
    {
      name: 'infra-knows-no-app-and-no-lib',
      comment:
        'What is deployed is named by path and by image; a change of the code never changes a template by accident.',
      severity: 'error',
      from: { path: '^infra/' },
      to: { path: '^(apps|libs)/' },
    },
    {
      name: 'nobody-uses-infra',
      severity: 'error',
      from: { path: '^(apps|libs)/' },
      to: { path: '^infra/' },
    },
    {
      name: 'compliance-is-data',
      comment:
        'The lists that rules, alerts and evidence share: who may read them is everybody, so they read nobody.',
      severity: 'error',
      from: { path: '^compliance/' },
      to: { path: '^(apps|libs|infra|test)/' },
    },
    {
      name: 'cdk-in-infra-alone',
      severity: 'error',
      from: { pathNot: '^(infra|test/infra)/' },
      to: { path: 'node_modules/(aws-cdk-lib|cdk-nag|constructs)/' },
    },
    {
      name: 'no-test-code-in-production',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: '\\.spec\\.ts$|spec-support|^(apps|libs)/[^/]+/test/' },
      to: { path: '^test/' },
    },
    {
      name: 'no-dev-dependency-in-production',
      severity: 'error',
      from: {
        path: '^(apps|libs)/',
        pathNot: '^apps/bundle\\.mjs$|\\.spec\\.ts$|spec-support|^(apps|libs)/[^/]+/test/',
      },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
