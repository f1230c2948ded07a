// The message of a commit when the user gave none: what is published, and where it comes from. Pure.

/** The run that publishes, as the CI system tells it. */
export interface RunOrigin {
  /** `owner/name` of the sources. */
  readonly repository: string;
  readonly commit: string;
  /** The page of the run. */
  readonly url: string;
  /** The tag whose push started the run. */
  readonly tag?: string;
}

/** A title, and below it repository, commit and run. */
export function releaseMessage(tag: string | undefined, files: number, origin: RunOrigin | undefined): string {
  const title = tag === undefined ? `Publish ${files} files` : `Release ${tag}`;
  if (origin === undefined) return title;
  return `${title}\n\nFrom ${origin.repository}@${origin.commit}\n${origin.url}`;
}
