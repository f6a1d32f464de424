/** Places in the repository that tests read. A missing one is an error. */

/** The repository's root. */
export const REPO = new URL("../../../../", import.meta.url);

/** The text of a file of the repository. */
export function repoText(path: string): string {
  return Deno.readTextFileSync(new URL(path, REPO));
}
