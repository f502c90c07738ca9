/** Who a verified access token speaks for. Names are those of RFC 9068 and SMART App Launch. */
export interface Principal {
  issuer: string;
  subject: string;
  clientId: string;
  /** The `scope` claim, split. */
  scopes: readonly string[];
  /** SMART launch context: the one patient that `patient/` scopes reach. */
  patient?: string;
  tokenId: string;
  /** Seconds since the epoch. */
  expiresAt: number;
}
