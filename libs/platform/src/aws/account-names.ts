/** How things of a deployment are named in an account. The stacks (`infra/lib/names.ts`) and key policies know the same names. */
export function accountNames(stage: string) {
  return {
    tables: { records: `phi-${stage}-records`, audit: `phi-${stage}-audit` },
    /** Logical name, too: key policies demand it as `tablename` of the encryption context. */
    keyStore: `phi-${stage}-key-store`,
    aliases: {
      records: `alias/phi-${stage}-records`,
      parameters: `alias/phi-${stage}-parameters`,
      signing: `alias/phi-${stage}-signing`,
    },
    parameterPrefix: `/phi/${stage}`,
  };
}

export type AccountNames = ReturnType<typeof accountNames>;
