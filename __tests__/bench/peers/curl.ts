// What a careful shell script does: check what is there, fetch the rest with `curl --parallel`, go on where a connection broke off,
// check what came. sha256sum runs in two processes.

import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Peer, resolveUrl } from './peer.ts';

// In `sums.*`: digest and name; in `files`: name, size and address. Names have no blanks.
const SCRIPT = `
lists=$1 connections=$2
cd "$3"
check() { sha256sum --check "$lists/$1" 2>/dev/null | sed -n 's/: FAILED.*//p' >"$lists/failed.$1"; }
check sums.0 & check sums.1 & wait
cat "$lists"/failed.sums.* >"$lists/wanted"
xargs --no-run-if-empty rm -f <"$lists/wanted"
for try in $(seq 200); do
  stat --format '%n %s' -- * 2>/dev/null >"$lists/have"
  awk -v have="$lists/have" -v wanted="$lists/wanted" '
    BEGIN { while ((getline <have) > 0) size[$1] = $2; while ((getline <wanted) > 0) want[$1] = 1 }
    want[$1] && size[$1] != $2 { printf "url = \\"%s\\"\\noutput = \\"%s\\"\\n", $3, $1 }' "$lists/files" >"$lists/config"
  [ -s "$lists/config" ] || break
  curl --silent --show-error --fail --location --continue-at - \\
    --parallel --parallel-max "$connections" --config "$lists/config"
done
[ -s "$lists/config" ] && exit 1
for half in 0 1; do
  awk -v wanted="$lists/wanted" 'BEGIN { while ((getline <wanted) > 0) want[$1] = 1 } want[$2]' "$lists/sums.$half" >"$lists/came.$half"
done
verify() { [ ! -s "$1" ] || sha256sum --check --quiet "$1"; }
verify "$lists/came.0" & first=$!
verify "$lists/came.1" & second=$!
wait $first && wait $second
`;

export const curl: Peer = {
  title: 'curl --parallel and sha256sum',
  verifies: true,
  programs: ['curl', 'sha256sum', 'awk'],
  refusal: ({ secondDoor }) => (secondDoor === undefined ? undefined : 'one source only'),
  prepare(task) {
    const lists = path.join(task.ground, 'lists');
    const files = path.join(task.ground, 'files');
    for (const folder of [lists, files]) mkdirSync(folder, { recursive: true });
    const rows = task.revision.files;
    const addresses = rows.map((file) => `${file.path} ${file.sizeBytes} ${resolveUrl(task, task.door, file)}\n`);
    writeFileSync(path.join(lists, 'files'), addresses.join(''));
    for (const half of [0, 1]) {
      const sums = rows.filter((_, index) => index % 2 === half).map((file) => `${file.sha256}  ${file.path}\n`);
      writeFileSync(path.join(lists, `sums.${half}`), sums.join(''));
    }
    return {
      argv: ['bash', '-c', SCRIPT, 'curl', lists, String(task.connections), files],
      env: task.authorityFile === undefined ? {} : { CURL_CA_BUNDLE: task.authorityFile },
    };
  },
  filesFolder: ({ ground }) => path.join(ground, 'files'),
};
