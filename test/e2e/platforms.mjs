/** End-to-end specs that run on one platform alone, with the reason. All others run on both. */
export const alone = {
  embedded: {
    'audit-kill': 'kill -9 on LMDB; `instances-restart` kills on AWS',
    durability: 'kill -9 on LMDB; `instances-restart` kills on AWS',
    'erasure-copies': 'data folders of before and after an erasure, put together; files of the key store',
    'erasure-dynamodb': 'brings a DynamoDB of its own beside the keys of this machine',
    'faults/disk': 'files of this machine that cannot be written',
    'erasure-kill': 'kill -9 on LMDB; `erasure-interruptions` stops every port call on both',
    'emergency-dynamodb': 'brings a DynamoDB of its own beside the keys of this machine',
    fuzz: 'twenty thousand requests; every route runs on both in the suites of its own',
    isolation: 'a copy of the data folder for each case; `tampering.property` changes rows on both',
    'key-kills':
      'copies of a data folder; the jobs that it kills run on both in `key-rotation` and `key-reindex`',
    'raw-http': 'the HTTP layer, which comes before any platform',
    recovery: 'the independent reader reads data folders',
    limits: 'what gets in at all is decided before any platform',
    startup: 'files, address and tokens of the embedded platform; `aws-refusals` starts the other',
    tls: 'the certificate of the embedded platform; the image was seen to serve on the other one',
    'zero-plaintext': 'brings both stores',
  },
  aws: {
    calls: 'calls are counted at the endpoints of an account',
    instances: 'several processes on the same tables',
    'instances-restart': 'several processes on the same tables, restarted and killed',
    'aws-refusals': 'what an account can be short of',
    'aws-setup': '`phi setup` makes what is in an account',
    'faults/kms': 'the embedded platform has its keys in files',
    'faults/parameters': 'the embedded platform has its parameters in files',
    'faults/signer': 'the embedded platform has its signing key in a file; `libs/audit` takes it away',
    'faults/table': 'the embedded platform has no network to its table; `faults/disk` is its fault',
  },
};
