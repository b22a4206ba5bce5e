// English: named tokens.

const moment = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' });

export const tokens = {
  lead: 'A token lets a program, an agent or a person in under a name of its own, to do what its scopes say. Its name stands beside what it changes.',
  loading: 'Asking the server…',
  notLoaded: (why: string) => `The tokens are not known. ${why}`,
  list: 'Tokens',
  none: 'There are none yet. On the command line: coscribe token create NAME --scope notebooks:read',
  created: (at: number, by: string) => `made ${moment.format(at)} by ${by}`,
  used: (at: number | undefined) => (at === undefined ? 'never used' : `last used ${moment.format(at)}`),
  expires: (at: number) => `good until ${moment.format(at)}`,
  revoke: (name: string) => `Revoke ${name}`,
  revokeShort: 'Revoke',
  revoked: (name: string) => `${name} is refused from now on.`,
  add: 'New token',
  name: 'Name',
  nameHint: 'As people shall see it',
  scopes: 'What it lets its bearer do',
  expiry: 'Good for',
  expiries: { never: 'as long as nobody revokes it', day: 'a day', month: '30 days', year: 'a year' },
  create: 'Make the token',
  once: (name: string) => `The secret of ${name}. Keep it: it is shown only now.`,
  done: 'I have kept it',
};
