// What of a signed link must not be shown: its query is the permission. Pure.

/** Shorter texts guard nothing, and hiding them would hole every line of a log. */
const SHORTEST_SECRET = 8;
const SIGNATURE = /^(?:sig|signature|x-amz-signature|x-goog-signature)$/i;

/** The query as a whole and the signature in it, as they are written in the link and as they read when decoded. */
export function linkSecrets(link: string): string[] {
  const query = new URL(link).search.slice(1);
  const signatures = query.split('&').flatMap((field) => {
    const at = field.indexOf('=');
    return SIGNATURE.test(field.slice(0, at)) ? [field.slice(at + 1)] : [];
  });
  const spellings = [query, ...signatures].flatMap((text) => [text, decoded(text)]);
  return [...new Set(spellings)].filter((text) => text.length >= SHORTEST_SECRET);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // It is no encoding: then it has one spelling.
    return text;
  }
}
