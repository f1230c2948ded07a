// Text of strangers, and of people who put the wrong thing in an option, as a message may show it: on one line, short, without secrets.
// Pure.

import { printable } from '../repo-path.ts';

const SHORT = 100;
const LONG = 300;

/** What comes before the part of an address that may hold a name and a password, and that part. */
const LOGIN = /([a-z][a-z0-9+.-]*:\/\/)[^\s/?#"'<>]*@/gi;
/** The same where the password holds signs that end that part, as people write it who put none of them in another way. A port is none. */
const ODD_LOGIN = /([a-z][a-z0-9+.-]*:\/\/)[^\s/?#:"'<>@[]*:(?!\d*(?:[/?#]|$))[^\s"'<>]*?@/gi;
/** One whose end is cut away. */
const CUT_LOGIN = /([a-z][a-z0-9+.-]*:\/\/)[^\s/?#:"'<>@[]*:(?!\d*(?:[/?#]|$))[^\s"'<>@]*$/i;
/** What follows the path of an address: often a signature. */
const QUERY = /([a-z][a-z0-9+.-]*:\/\/[^\s?#"'<>]*)[?#][^\s"'<>]*/gi;
/** Tokens that tell what they are: of hubs, of the places that run jobs, and whatever is signed as a JWT. */
const TOKEN =
  /\b(hf_(oauth_|jwt_)?[a-z0-9]{16,}|ms-[0-9a-f]{8}-[0-9a-f-]{27}|gh[oprsu]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|eyJ[\w-]{10,}\.[\w-]+(\.[\w-]*)?)/gi;

/** A value, in quotation marks. */
export function quote(text: string): string {
  return `"${clean(text, SHORT)}"`;
}

/** A host’s own words. */
export function quoteWords(text: string): string {
  return clean(text.trim(), LONG);
}

// Cut before it is searched, since it may be as long as a stranger likes; and once more, since escapes are longer than what they stand for.
function clean(text: string, most: number): string {
  const isCut = text.length > 4 * LONG;
  const head = text.slice(0, 4 * LONG);
  const known = (isCut ? head.replace(CUT_LOGIN, '$1') : head)
    .replace(LOGIN, '$1')
    .replace(ODD_LOGIN, '$1')
    .replace(QUERY, '$1?…')
    .replace(TOKEN, '***');
  const shown = printable(known);
  return shown.length > most || isCut ? `${shown.slice(0, most).replace(/[\ud800-\udbff]$/, '')}…` : shown;
}
