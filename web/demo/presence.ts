/** Who came and who went, said in one sentence for people who cannot see the tiles change. Pure. */

export interface Present {
  readonly participantId: string;
  readonly name: string;
}

export function describePresence(before: readonly Present[], after: readonly Present[]): string {
  const came = missingFrom(before, after);
  const went = missingFrom(after, before);
  return [sentence(came, 'joined'), sentence(went, 'left')].filter(Boolean).join(' ');
}

function missingFrom(base: readonly Present[], list: readonly Present[]): string[] {
  const known = new Set(base.map((person) => person.participantId));
  const names = new Map(
    list
      .filter((person) => !known.has(person.participantId))
      .map((person) => [person.participantId, person.name]),
  );
  return [...names.values()];
}

function sentence(names: readonly string[], verb: string): string {
  if (names.length === 0) return '';
  if (names.length > 3) return `${names.length} people ${verb}.`;
  const last = names.at(-1)!;
  return `${names.length === 1 ? last : `${names.slice(0, -1).join(', ')} and ${last}`} ${verb}.`;
}
