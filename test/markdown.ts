// Links of Markdown, and what they lead to.

/** Links and images that do not lead to another site. */
export function linksIn(text: string): readonly string[] {
  return [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target]) => target)
    .filter((target) => !/^[a-z]+:/.test(target));
}

/** What GitHub makes of headings, and anchors given in HTML. */
export function anchorsIn(text: string): readonly string[] {
  const headings = [...withoutCode(text).matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-'),
  );
  return [...headings, ...[...text.matchAll(/<a id="([^"]+)"/g)].map(([, id]) => id)];
}

export function withoutCode(text: string): string {
  return text.replace(/^```[\s\S]*?^```/gm, '');
}
