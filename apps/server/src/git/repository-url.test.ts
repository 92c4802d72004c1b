import { describe, expect, it } from 'vitest';
import { checkRepositoryUrl, isSameRepository, normalizeRepositoryUrl } from './repository-url.ts';

describe('repository URLs', () => {
  it('leave without the credentials somebody wrote into them', () => {
    expect(checkRepositoryUrl('https://user:secret@example.org/a.git')).toBe('https://example.org/a.git');
    expect(checkRepositoryUrl('git@example.org:team/a.git')).toBe('git@example.org:team/a.git');
  });

  it('are equal whatever the case, suffix and form', () => {
    expect(normalizeRepositoryUrl('https://Example.org/Team/A.git/')).toBe('https://example.org/team/a');
    expect(normalizeRepositoryUrl('git@example.org:Team/A.git')).toBe('ssh://git@example.org/team/a');
  });

  it('match a webhook by host and path alone', () => {
    expect(isSameRepository('git@example.org:team/a.git', 'https://example.org/team/a')).toBe(true);
    expect(isSameRepository('http://127.0.0.1:4000/bench.git', 'http://127.0.0.1:4000/bench')).toBe(true);
    expect(isSameRepository('https://example.org/team/a', 'https://example.org/team/ab')).toBe(false);
    expect(isSameRepository('https://evil.org/example.org/team/a', 'https://example.org/team/a')).toBe(false);
  });
});
