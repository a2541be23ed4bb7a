/** Where one server of a database is, and how to speak to it. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
  /** A socket of the file system instead of host and port. */
  readonly socket?: string;
  readonly user: string;
  readonly password?: string;
  readonly database: string;
  /** `require`: encrypted, with whomever; `verify-full`: with the server that its certificate names. */
  readonly tls: 'disable' | 'require' | 'verify-full';
  /** PEM file of the authority that signed the server's certificate; without it those of the system. */
  readonly authority?: string;
  /** For messages: without a password. */
  readonly name: string;
}
