// The calls about named tokens, and about what was done. Imports rest and the wire's types.
//
// Invariant: a secret is in the answer that made it; nothing here keeps it.

import type { AuditEntry, AuditList, CreatedToken, CreateToken, TokenBody, TokenList } from '../wire/wire';
import type { Rest } from './rest';

export class Tokens {
  constructor(private readonly rest: Rest) {}

  async list(): Promise<TokenBody[]> {
    return (await this.rest.json<TokenList>('GET', 'api/tokens')).tokens;
  }

  create(wanted: CreateToken): Promise<CreatedToken> {
    return this.rest.json('POST', 'api/tokens', wanted);
  }

  async revoke(id: string): Promise<void> {
    await this.rest.call('DELETE', `api/tokens/${encodeURIComponent(id)}`);
  }

  /** The newest deeds, at most `limit` of them, newest first. */
  async deeds(limit: number): Promise<AuditEntry[]> {
    return (await this.rest.json<AuditList>('GET', `api/audit?limit=${limit}`)).entries;
  }
}
