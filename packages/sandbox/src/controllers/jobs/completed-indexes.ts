/** `1,3-5,7` as the numbers it stands for. */
export function parseIndexes(text: string | undefined): Set<number> {
  const indexes = new Set<number>();
  for (const part of (text ?? '').split(',')) {
    const [from = '', to = from] = part.split('-');
    if (from === '') continue;
    for (let index = Number(from); index <= Number(to); index += 1) indexes.add(index);
  }
  return indexes;
}

/** Numbers as `status.completedIndexes` writes them: sorted, with ranges of three and more contracted. */
export function formatIndexes(indexes: Set<number>): string {
  const parts: string[] = [];
  const sorted = [...indexes].sort((a, b) => a - b);
  for (let position = 0; position < sorted.length; position += 1) {
    const first = sorted[position] ?? 0;
    let last = first;
    while (sorted[position + 1] === last + 1) {
      last += 1;
      position += 1;
    }
    if (last === first) parts.push(String(first));
    else parts.push(last === first + 1 ? `${first},${last}` : `${first}-${last}`);
  }
  return parts.join(',');
}
